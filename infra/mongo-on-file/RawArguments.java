import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The fields of a `find`, `insert` or `update` command. */
final class RawArguments {
  /** They change nothing of what such a command does here. */
  private static final Set<String> WITHOUT_EFFECT =
      Set.of("writeConcern", "readConcern", "lsid", "$readPreference", "maxTimeMS", "comment", "bypassDocumentValidation", "txnNumber");

  final String database;
  final String collection;
  private final Map<String, Bson.Value> fields;
  private final Map<String, List<Bson.Value>> sequences;

  private RawArguments(String database, String collection, Map<String, Bson.Value> fields, Map<String, List<Bson.Value>> sequences) {
    this.sequences = sequences;
    this.database = database;
    this.collection = collection;
    this.fields = fields;
  }

  /** @return null when its database or collection is no text */
  static RawArguments of(RawCommand command) {
    Map<String, Bson.Value> values = new HashMap<>();
    Bson.Fields fields = command.body.fields();
    if (!fields.next() || !fields.value().isText()) return null;
    String collection = fields.value().text();
    while (fields.next()) values.put(fields.name(), fields.value());
    Bson.Value database = values.remove("$db");
    if (database == null || !database.isText()) return null;
    values.keySet().removeAll(WITHOUT_EFFECT);
    return new RawArguments(database.text(), collection, values, command.sequences);
  }

  boolean hasOnly(Set<String> names) {
    return names.containsAll(fields.keySet()) && names.containsAll(sequences.keySet());
  }

  /** @return null when it is absent */
  Bson.Value get(String name) {
    return fields.get(name);
  }

  /** Documents come in an array, or in a sequence beside the other fields. @return null when there are none */
  List<Bson.Value> documents(String name) {
    Bson.Value array = fields.get(name);
    if (array == null) return sequences.get(name);
    if (!array.isArray()) return null;
    List<Bson.Value> documents = new ArrayList<>();
    for (Bson.Fields each = array.fields(); each.next(); ) documents.add(each.value());
    return documents;
  }

  /** Commands stop at their first error unless told otherwise. */
  boolean isOrdered() {
    return fields.get("ordered") == null || fields.get("ordered").isTrue();
  }
}
