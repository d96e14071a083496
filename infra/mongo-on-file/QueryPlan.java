import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.bson.ObjectId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which part of which index to read for a query: the values that its leading fields must have, then a range of the next one. What is read
 * there is still compared with the whole query.
 */
final class QueryPlan {
  private static final int BEGINNINGS_MAX = 1_000;

  private final StoredIndex index;
  /** The beginnings of the entries' keys: one, or one for each value of an `$in`. */
  private final List<byte[]> beginnings;
  private final Bounds bounds;
  /** True when reading in the order of the entries (or backwards) is reading in the order that was asked for. */
  private final boolean isSorted;
  private final boolean backwards;
  private final int score;

  private record Bounds(byte[] from, byte[] to) {}

  private QueryPlan(StoredIndex index, Document query, List<Map.Entry<String, Integer>> sort) {
    this.index = index;
    List<byte[]> found = List.of(new byte[0]);
    List<IndexKey> keys = index.getKeys();
    int fixed = 0;
    for (; fixed < keys.size(); fixed++) {
      List<byte[]> values = valuesOf(query.getOrMissing(keys.get(fixed).getKey()), keys.get(fixed).isAscending());
      if (values == null || (fixed > 0 && (long) values.size() * found.size() > BEGINNINGS_MAX)) break;
      found = combined(found, values);
    }
    beginnings = found;
    bounds = fixed < keys.size() ? boundsOf(query.getOrMissing(keys.get(fixed).getKey()), keys.get(fixed).isAscending()) : null;
    boolean isOne = index.isUnique() && fixed == keys.size();
    Boolean direction = beginnings.size() == 1 && !sort.isEmpty() ? directionOf(keys.subList(fixed, keys.size()), sort) : null;
    isSorted = direction != null;
    backwards = isSorted && direction;
    score = (isOne ? 1_000 : 0) + fixed * 4 + (bounds == null ? 0 : 2) + (isSorted ? 1 : 0);
  }

  /** @return the best plan, null when none is better than to read all documents */
  static QueryPlan of(List<StoredIndex> indexes, Document query, Document orderBy, boolean hasLimit) {
    List<Map.Entry<String, Integer>> sort = new ArrayList<>();
    if (orderBy != null) orderBy.forEach((field, way) -> sort.add(Map.entry(field, way instanceof Number n ? n.intValue() : 0)));
    QueryPlan best = null;
    for (StoredIndex index : indexes) {
      if (!index.hasEntries()) continue;
      QueryPlan plan = new QueryPlan(index, query, sort);
      boolean isNarrow = plan.score >= 2;
      // a sparse index leaves documents out, unless the query asks for a value
      boolean isUseful = isNarrow || (plan.isSorted && hasLimit && !index.isSparse());
      if (isUseful && (best == null || plan.score > best.score)) best = plan;
    }
    return best;
  }

  /** With a path through arrays the same document comes once for each of its values, at the place of each. */
  boolean isSorted() {
    return isSorted && !index.hasArrays();
  }

  /** In the order of the entries when that is the one asked for, each position once. */
  Iterator<Long> positions() {
    if (beginnings.size() == 1 && !index.hasArrays()) return scan(beginnings.get(0));
    Set<Long> positions = new LinkedHashSet<>();
    for (byte[] beginning : beginnings) scan(beginning).forEachRemaining(positions::add);
    return positions.iterator();
  }

  private Iterator<Long> scan(byte[] beginning) {
    byte[] from = bounds == null ? beginning : SortKey.joined(beginning, bounds.from);
    byte[] to = bounds == null ? after(beginning) : SortKey.joined(beginning, bounds.to);
    return index.scan(from, to, backwards);
  }

  /** The values that a field must have one of, as sort keys; null when that is not what the query says. */
  private static List<byte[]> valuesOf(Object condition, boolean ascending) {
    if (isPlain(condition)) return List.of(directed(SortKey.of(condition), ascending));
    if (!(condition instanceof Document operators) || operators.size() != 1) return null;
    if (operators.containsKey("$eq") && isPlain(operators.get("$eq"))) return List.of(directed(SortKey.of(operators.get("$eq")), ascending));
    if (!(operators.get("$in") instanceof Collection<?> any) || !any.stream().allMatch(QueryPlan::isPlain)) return null;
    return any.stream().distinct().map((value) -> directed(SortKey.of(value), ascending)).toList();
  }

  private Bounds boundsOf(Object condition, boolean ascending) {
    if (!(condition instanceof Document operators)) return null;
    byte[] from = null;
    byte[] to = null;
    for (Map.Entry<String, Object> each : operators.entrySet()) {
      if (!isPlain(each.getValue())) continue;
      byte[] value = SortKey.of(each.getValue());
      if (from == null && each.getKey().startsWith("$gt")) from = value;
      if (to == null && each.getKey().startsWith("$lt")) to = value;
    }
    if (from == null && to == null) return null;
    if (from != null && index.hasArrays()) to = null; // one element may be above the one, another below the other
    // the whole query is compared later: that both ends are read here, also with $gt and $lt, does no harm
    byte[] lowest = from == null ? SortKey.kindBegin(to) : from;
    byte[] highest = to == null ? SortKey.kindEnd(from) : after(to);
    return ascending ? new Bounds(lowest, highest) : new Bounds(SortKey.inverted(highest), after(SortKey.inverted(lowest)));
  }

  /** False: forwards; true: backwards; null: the entries are in another order. */
  private static Boolean directionOf(List<IndexKey> rest, List<Map.Entry<String, Integer>> sort) {
    if (sort.size() > rest.size()) return null;
    Boolean backwards = null;
    for (int i = 0; i < sort.size(); i++) {
      if (!sort.get(i).getKey().equals(rest.get(i).getKey())) return null;
      boolean opposite = rest.get(i).isAscending() != sort.get(i).getValue() > 0;
      if (backwards != null && backwards != opposite) return null;
      backwards = opposite;
    }
    return backwards;
  }

  private static boolean isPlain(Object value) {
    return value instanceof String || value instanceof Number || value instanceof Boolean || value instanceof Instant || value instanceof ObjectId;
  }

  private static byte[] directed(byte[] key, boolean ascending) {
    return ascending ? key : SortKey.inverted(key);
  }

  private static List<byte[]> combined(List<byte[]> beginnings, List<byte[]> values) {
    List<byte[]> longer = new ArrayList<>(beginnings.size() * values.size());
    for (byte[] beginning : beginnings) for (byte[] value : values) longer.add(SortKey.joined(beginning, value));
    return longer;
  }

  /** The least key beyond all that begin so; null when there is none. */
  private static byte[] after(byte[] beginning) {
    for (int last = beginning.length - 1; last >= 0; last--) {
      if (beginning[last] == (byte) 0xff) continue;
      byte[] next = Arrays.copyOf(beginning, last + 1);
      next[last]++;
      return next;
    }
    return null;
  }
}
