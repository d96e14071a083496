import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * One element of an `update` command: `{q: {_id, ...}, u: replacement}` with plain values in the filter, or
 * `{q: {_id: {$in}}, u: {$pull: {array: {field: {$in}}}}, multi: true}`.
 */
abstract class RawUpdate {
  private static final Set<String> UNDERSTOOD = Set.of("q", "u", "multi", "upsert");

  abstract Set<Long> positions(Documents documents);

  abstract boolean matches(byte[] document);

  abstract byte[] apply(byte[] document);

  /** @return null when it is of another kind */
  static RawUpdate of(Bson.Value element) {
    Map<String, Bson.Value> parts = fieldsOf(element);
    Bson.Value filter = parts.get("q");
    Bson.Value update = parts.get("u");
    if (!UNDERSTOOD.containsAll(parts.keySet()) || filter == null || update == null || !update.isDocument()) return null;
    if (parts.containsKey("upsert") && parts.get("upsert").isTrue()) return null;
    boolean isMulti = parts.containsKey("multi") && parts.get("multi").isTrue();
    return isMulti ? Pull.of(filter, update) : Replacement.of(filter, update);
  }

  private static Map<String, Bson.Value> fieldsOf(Bson.Value document) {
    Map<String, Bson.Value> values = new LinkedHashMap<>();
    for (Bson.Fields fields = document.fields(); fields.next(); ) values.put(fields.name(), fields.value());
    return values;
  }

  private static final class Replacement extends RawUpdate {
    private final byte[] id;
    private final Map<String, Bson.Value> filter;
    private final byte[] document;

    private Replacement(byte[] id, Map<String, Bson.Value> filter, byte[] document) {
      this.id = id;
      this.filter = filter;
      this.document = document;
    }

    static Replacement of(Bson.Value filter, Bson.Value update) {
      Map<String, Bson.Value> wanted = fieldsOf(filter);
      for (Map.Entry<String, Bson.Value> each : wanted.entrySet()) {
        if (!each.getValue().isPlain() || each.getKey().startsWith("$") || each.getKey().contains(".")) return null;
      }
      Bson.Value id = wanted.remove("_id");
      byte[] document = update.bytes();
      Bson.Value ownId = Documents.idOf(document);
      if (id == null || ownId == null || !ownId.isPlain()) return null;
      for (Bson.Fields fields = update.fields(); fields.next(); ) if (fields.name().startsWith("$")) return null;
      byte[] key = SortKey.of(id);
      return Arrays.equals(key, SortKey.of(ownId)) ? new Replacement(key, wanted, document) : null;
    }

    @Override
    Set<Long> positions(Documents documents) {
      Long position = documents.positionOf(id);
      return position == null ? Set.of() : Set.of(position);
    }

    @Override
    boolean matches(byte[] before) {
      for (Map.Entry<String, Bson.Value> each : filter.entrySet()) {
        byte[] wanted = SortKey.of(each.getValue());
        boolean[] isFound = {false};
        byte[][] path = {each.getKey().getBytes(StandardCharsets.UTF_8)};
        Bson.valuesAt(before, path, (value) -> isFound[0] |= Arrays.equals(SortKey.of(value), wanted));
        if (!isFound[0]) return false;
      }
      return true;
    }

    @Override
    byte[] apply(byte[] before) {
      return document;
    }
  }

  private static final class Pull extends RawUpdate {
    private final Bson.Value filter;
    private final byte[] array;
    private final byte[] field;
    private final Set<ByteBuffer> pulled;

    private Pull(Bson.Value filter, byte[] array, byte[] field, Set<ByteBuffer> pulled) {
      this.filter = filter;
      this.array = array;
      this.field = field;
      this.pulled = pulled;
    }

    static Pull of(Bson.Value filter, Bson.Value update) {
      Map.Entry<String, Bson.Value> pull = only(update);
      Map.Entry<String, Bson.Value> array = pull == null || !pull.getKey().equals("$pull") ? null : only(pull.getValue());
      Map.Entry<String, Bson.Value> field = array == null ? null : only(array.getValue());
      Map.Entry<String, Bson.Value> in = field == null ? null : only(field.getValue());
      if (in == null || !in.getKey().equals("$in") || !in.getValue().isArray()) return null;
      if (array.getKey().contains(".") || field.getKey().contains(".") || field.getKey().startsWith("$")) return null;
      Set<ByteBuffer> values = new HashSet<>();
      for (Bson.Fields each = in.getValue().fields(); each.next(); ) {
        if (!each.value().isPlain()) return null;
        values.add(ByteBuffer.wrap(SortKey.of(each.value())));
      }
      return RawFind.isById(filter)
          ? new Pull(filter, array.getKey().getBytes(StandardCharsets.UTF_8), field.getKey().getBytes(StandardCharsets.UTF_8), values)
          : null;
    }

    private static Map.Entry<String, Bson.Value> only(Bson.Value document) {
      if (!document.isDocument()) return null;
      Map<String, Bson.Value> fields = fieldsOf(document);
      return fields.size() == 1 ? fields.entrySet().iterator().next() : null;
    }

    @Override
    Set<Long> positions(Documents documents) {
      return RawFind.positionsById(filter, documents);
    }

    @Override
    boolean matches(byte[] document) {
      return true;
    }

    @Override
    byte[] apply(byte[] before) {
      Bson.Value elements = Bson.field(before, array);
      if (elements == null || !elements.isArray()) return before;
      ByteArrayOutputStream kept = new ByteArrayOutputStream(before.length);
      int count = 0;
      for (Bson.Fields each = elements.fields(); each.next(); ) {
        Bson.Value element = each.value();
        if (isPulled(element)) continue;
        kept.write(element.type());
        kept.writeBytes(Integer.toString(count++).getBytes(StandardCharsets.US_ASCII));
        kept.write(0);
        kept.write(before, element.at(), element.end() - element.at());
      }
      return Bson.withArray(before, elements, kept.toByteArray());
    }

    private boolean isPulled(Bson.Value element) {
      if (!element.isDocument()) return false;
      Bson.Value value = Bson.field(element.bytes(), field);
      return value != null && value.isPlain() && pulled.contains(ByteBuffer.wrap(SortKey.of(value)));
    }
  }
}
