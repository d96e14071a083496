import de.bwaldvogel.mongo.MongoCollection;
import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.backend.AbstractSynchronizedMongoDatabase;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.DatabaseResolver;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.aggregation.Aggregation;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.oplog.Oplog;
import io.netty.channel.Channel;
import java.util.List;

/** The library's database over a {@link DocumentStore}. */
final class StoredDatabase extends AbstractSynchronizedMongoDatabase<Long> {
  private final DocumentStore store;

  StoredDatabase(String name, DocumentStore store, CursorRegistry cursors) {
    super(name, cursors);
    this.store = store;
    initializeNamespacesAndIndexes();
  }

  @Override
  public Document handleCommand(Channel channel, String command, Document query, DatabaseResolver databases, Oplog oplog) {
    if (command.equals("aggregate")) {
      Document reply = aggregateMatching(query, databases, oplog);
      if (reply != null) return reply;
    }
    return super.handleCommand(channel, command, query, databases, oplog);
  }

  /** A pipeline that begins with a condition (countDocuments sends such) reads an index; the library would read the whole collection. */
  private Document aggregateMatching(Document query, DatabaseResolver databases, Oplog oplog) {
    List<Document> pipeline = Aggregation.parse(query.get("pipeline"));
    if (pipeline.isEmpty() || !(pipeline.get(0).get("$match") instanceof Document condition) || condition.isEmpty()) return null;
    MongoCollection<Long> collection = resolveCollection((String) query.get("aggregate"), false);
    if (collection == null) return null;
    Aggregation rest = Aggregation.fromPipeline(pipeline.subList(1, pipeline.size()), databases, this, collection, oplog);
    rest.validate(query);
    List<Document> found = rest.runStages(collection.handleQueryAsStream(condition));
    Document cursor = new Document("id", 0L).append("ns", collection.getFullName()).append("firstBatch", found);
    return new Document("cursor", cursor).append("ok", 1.0);
  }

  @Override
  protected MongoCollection<Long> openOrCreateCollection(String name, CollectionOptions options) {
    return new StoredCollection(this, name, options, store.openOrCreate(getFullCollectionNamespace(name)), cursorRegistry);
  }

  @Override
  protected Index<Long> openOrCreateUniqueIndex(String collection, String name, List<IndexKey> keys, boolean sparse) {
    return openOrCreateIndex(collection, name, keys, sparse, true);
  }

  @Override
  protected Index<Long> openOrCreateSecondaryIndex(String collection, String name, List<IndexKey> keys, boolean sparse) {
    return openOrCreateIndex(collection, name, keys, sparse, false);
  }

  private Index<Long> openOrCreateIndex(String collection, String name, List<IndexKey> keys, boolean sparse, boolean unique) {
    try {
      return store.openOrCreateIndex(getFullCollectionNamespace(collection), name, keys, sparse, unique);
    } catch (Documents.DuplicateKey duplicate) {
      throw ((StoredCollection) resolveCollection(collection, true)).describe(duplicate);
    }
  }

  @Override
  protected void dropIndex(MongoCollection<Long> collection, String name) {
    super.dropIndex(collection, name);
    store.dropIndex(collection.getFullName(), name);
  }

  @Override
  public void dropCollection(String name, Oplog oplog) {
    super.dropCollection(name, oplog);
    store.drop(getFullCollectionNamespace(name));
  }

  @Override
  public void moveCollection(MongoDatabase oldDatabase, MongoCollection<?> collection, String newName) {
    String oldFullName = collection.getFullName();
    super.moveCollection(oldDatabase, collection, newName);
    store.rename(oldFullName, getFullCollectionNamespace(newName));
  }

  @Override
  protected long getStorageSize() {
    return store.fileBytes();
  }

  @Override
  protected long getFileSize() {
    return store.fileBytes();
  }
}
