import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** `find` by `{_id: value}` or `{_id: {$in: [values]}}`, whole documents. */
final class RawFind {
  private static final Set<String> UNDERSTOOD = Set.of("filter", "limit", "singleBatch", "batchSize");

  private RawFind() {}

  /** @return null when it is another query */
  static List<byte[]> of(RawArguments arguments, Documents documents) {
    if (!arguments.hasOnly(UNDERSTOOD) || arguments.get("filter") == null) return null;
    Set<Long> positions = positionsById(arguments.get("filter"), documents);
    if (positions == null) return null;
    long limit = arguments.get("limit") == null ? 0 : arguments.get("limit").number();
    if (limit < 0) return null;
    List<byte[]> found = new ArrayList<>();
    for (Long position : positions) {
      if (limit > 0 && found.size() == limit) break;
      found.add(documents.get(position));
    }
    Bson.Value batchSize = arguments.get("batchSize");
    return batchSize != null && batchSize.number() < found.size() ? null : found;
  }

  /** The positions of the documents with an id of a filter that asks for nothing else. @return null for another filter */
  static Set<Long> positionsById(Bson.Value filter, Documents documents) {
    List<Bson.Value> ids = idsOf(filter);
    if (ids == null) return null;
    Set<Long> positions = new LinkedHashSet<>();
    for (Bson.Value id : ids) {
      Long position = documents.positionOf(SortKey.of(id));
      if (position != null) positions.add(position);
    }
    return positions;
  }

  static boolean isById(Bson.Value filter) {
    return idsOf(filter) != null;
  }

  private static List<Bson.Value> idsOf(Bson.Value filter) {
    Bson.Fields fields = filter.fields();
    if (!fields.next() || !fields.name().equals("_id")) return null;
    Bson.Value id = fields.value();
    if (fields.next()) return null;
    if (id.isPlain()) return List.of(id);
    if (!id.isDocument()) return null;
    Bson.Fields operators = id.fields();
    if (!operators.next() || !operators.name().equals("$in") || !operators.value().isArray()) return null;
    List<Bson.Value> ids = new ArrayList<>();
    for (Bson.Fields each = operators.value().fields(); each.next(); ) {
      if (!each.value().isPlain()) return null;
      ids.add(each.value());
    }
    return operators.next() ? null : ids;
  }
}
