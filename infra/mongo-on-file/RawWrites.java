import de.bwaldvogel.mongo.bson.Document;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** `insert`, and `update` with whole replacements of documents given by their id, on encoded documents. One command each. */
final class RawWrites {
  private static final int DUPLICATE_KEY = 11000;
  private static final Set<String> INSERT = Set.of("documents", "ordered");
  private static final Set<String> UPDATE = Set.of("updates", "ordered");

  private final StoredCollection collection;
  private final Documents documents;
  private final List<Document> errors = new ArrayList<>();
  private int matched;
  private int modified;

  RawWrites(StoredCollection collection) {
    this.collection = collection;
    this.documents = collection.documents();
  }

  /** @return the fields of the reply, null when it is not understood here */
  Document insert(RawArguments arguments) {
    List<Bson.Value> given = arguments.documents("documents");
    if (!arguments.hasOnly(INSERT) || given == null) return null;
    List<byte[]> toInsert = new ArrayList<>();
    for (Bson.Value each : given) {
      byte[] document = each.bytes();
      Bson.Value id = Documents.idOf(document);
      if (id == null || !id.isPlain()) return null;
      toInsert.add(document);
    }
    int inserted = 0;
    for (int i = 0; i < toInsert.size(); i++) {
      try {
        documents.insert(toInsert.get(i));
        inserted++;
      } catch (Documents.DuplicateKey duplicate) {
        refused(i, duplicate);
        if (arguments.isOrdered()) break;
      }
    }
    return reply(new Document("n", inserted));
  }

  /** @return the fields of the reply, null when one of the updates is not understood here: then nothing is changed */
  Document update(RawArguments arguments) {
    List<Bson.Value> given = arguments.documents("updates");
    if (!arguments.hasOnly(UPDATE) || given == null) return null;
    List<RawUpdate> updates = new ArrayList<>();
    for (Bson.Value each : given) {
      RawUpdate update = RawUpdate.of(each);
      if (update == null) return null;
      updates.add(update);
    }
    for (int i = 0; i < updates.size(); i++) {
      try {
        apply(updates.get(i));
      } catch (Documents.DuplicateKey duplicate) {
        refused(i, duplicate);
        if (arguments.isOrdered()) break;
      }
    }
    return reply(new Document("n", matched).append("nModified", modified));
  }

  private void apply(RawUpdate update) throws Documents.DuplicateKey {
    for (Long position : update.positions(documents)) {
      byte[] before = documents.get(position);
      if (!update.matches(before)) continue;
      matched++;
      byte[] after = update.apply(before);
      if (Arrays.equals(before, after)) continue;
      documents.replace(position, before, after);
      modified++;
    }
  }

  private void refused(int index, Documents.DuplicateKey duplicate) {
    String message = collection.describe(duplicate).getMessageWithoutErrorCode();
    errors.add(new Document("index", index).append("errmsg", message).append("code", DUPLICATE_KEY).append("codeName", "DuplicateKey"));
  }

  private Document reply(Document fields) {
    if (!errors.isEmpty()) fields.append("writeErrors", errors);
    return fields.append("ok", 1.0);
  }
}
