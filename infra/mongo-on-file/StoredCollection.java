import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.backend.AbstractSynchronizedMongoCollection;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.DocumentComparator;
import de.bwaldvogel.mongo.backend.DocumentWithPosition;
import de.bwaldvogel.mongo.backend.Missing;
import de.bwaldvogel.mongo.backend.QueryResult;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.exception.DuplicateKeyError;
import java.util.Iterator;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The library's collection over {@link Documents}: it decodes what a query looks at, and encodes what it changed. */
final class StoredCollection extends AbstractSynchronizedMongoCollection<Long> {
  private final Documents documents;

  StoredCollection(MongoDatabase database, String name, CollectionOptions options, Documents documents, CursorRegistry cursors) {
    super(database, name, options, cursors);
    this.documents = documents;
  }

  Documents documents() {
    return documents;
  }

  @Override
  protected QueryResult queryDocuments(Document query, Document orderBy, int skip, int limit, int batchSize, Document fields) {
    QueryPlan plan = QueryPlan.of(documents.indexes(), query, orderBy, limit > 0);
    if (plan == null) return matchDocuments(query, orderBy, skip, limit, batchSize, fields);
    DocumentComparator order = plan.isSorted() ? null : deriveComparator(orderBy);
    return matchDocumentsFromStream(query, decoded(plan.positions()), skip, limit, batchSize, order, fields);
  }

  @Override
  protected QueryResult matchDocuments(Document query, Document orderBy, int skip, int limit, int batchSize, Document fields) {
    Iterator<Long> positions = isNaturalDescending(orderBy) ? documents.positionsBackwards() : documents.positions();
    return matchDocumentsFromStream(decoded(positions), query, orderBy, skip, limit, batchSize, fields);
  }

  /** One after the other: a pipeline over a large collection must not have all of it in memory. */
  @Override
  public Stream<Document> queryAllAsStream() {
    return decoded(documents.positions());
  }

  private Stream<Document> decoded(Iterator<Long> positions) {
    return stream(positions).map(this::getDocument);
  }

  private static Stream<Long> stream(Iterator<Long> positions) {
    return StreamSupport.stream(Spliterators.spliteratorUnknownSize(positions, Spliterator.ORDERED), false);
  }

  @Override
  protected Document getDocument(Long position) {
    return Bson.decode(documents.get(position));
  }

  @Override
  protected Long addDocumentInternal(Document document) {
    try {
      return documents.insert(Bson.encode(document));
    } catch (Documents.DuplicateKey duplicate) {
      throw describe(duplicate);
    }
  }

  @Override
  protected void handleUpdate(Long position, Document oldDocument, Document newDocument) {
    Long at = position == null ? findDocumentPosition(oldDocument) : position;
    try {
      documents.replace(at, documents.get(at), Bson.encode(newDocument));
    } catch (Documents.DuplicateKey duplicate) {
      throw describe(duplicate);
    }
  }

  DuplicateKeyError describe(Documents.DuplicateKey duplicate) {
    Document document = Bson.decode(duplicate.document);
    return new DuplicateKeyError(duplicate.index, this, duplicate.index.getKeys(), duplicate.index.getKeyValues(document).iterator().next());
  }

  @Override
  public synchronized void removeDocument(Document document) {
    Long position = findDocumentPosition(document);
    if (position != null) documents.remove(position);
  }

  @Override
  protected void removeDocument(Long position) {
    documents.remove(position);
  }

  @Override
  protected Long findDocumentPosition(Document document) {
    Object id = document.getOrMissing("_id");
    if (documents.hasIdIndex() && !(id instanceof Missing)) return documents.positionOf(SortKey.of(id));
    return super.findDocumentPosition(document);
  }

  @Override
  protected Stream<DocumentWithPosition<Long>> streamAllDocumentsWithPosition() {
    return stream(documents.positions()).map((position) -> new DocumentWithPosition<>(getDocument(position), position));
  }

  @Override
  public int count() {
    return (int) documents.count();
  }

  @Override
  public boolean isEmpty() {
    return documents.count() == 0;
  }

  @Override
  protected boolean tracksDataSize() {
    return false;
  }

  @Override
  protected void updateDataSize(int sizeDelta) {}

  @Override
  protected int getDataSize() {
    return 0;
  }
}
