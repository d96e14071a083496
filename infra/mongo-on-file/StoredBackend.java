import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.backend.AbstractMongoBackend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;

/**
 * The library's backend over a {@link DocumentStore}. No reply tells of anything that is not yet on the disk, those of reads neither:
 * otherwise a killed server would lose what a reader (the outbox relay) has already passed on.
 */
final class StoredBackend extends AbstractMongoBackend {
  /** The driver's heartbeats. */
  private static final Set<String> WITHOUT_DATA = Set.of("hello", "isMaster", "ismaster", "ping", "buildInfo", "endSessions");
  private static final Set<String> READS = Set.of("find", "count", "distinct", "getMore", "killCursors", "listCollections", "listIndexes");

  private final DocumentStore store;
  private final Set<String> databases = ConcurrentHashMap.newKeySet();

  StoredBackend(DocumentStore store) {
    this.store = store;
    store.databases().forEach(this::resolveDatabase);
  }

  @Override
  protected MongoDatabase openOrCreateDatabase(String name) {
    MongoDatabase database = new StoredDatabase(name, store, getCursorRegistry());
    databases.add(name);
    return database;
  }

  @Override
  public void dropDatabase(String name) {
    databases.remove(name);
    super.dropDatabase(name);
  }

  /** @return null when there is no such collection */
  StoredCollection collection(String database, String name) {
    if (!databases.contains(database) || name.startsWith("system.")) return null;
    return (StoredCollection) resolveDatabase(database).resolveCollection(name, false);
  }

  @Override
  public Document handleMessage(MongoMessage message) {
    String command = message.getDocument().keySet().iterator().next();
    if (WITHOUT_DATA.contains(command)) return super.handleMessage(message);
    try {
      if (READS.contains(command) && databases.contains(message.getDatabaseName())) return handleShared(message);
      return store.exclusively(() -> super.handleMessage(message));
    } finally {
      awaitDurable();
    }
  }

  private Document handleShared(MongoMessage message) {
    Lock lock = store.shared();
    lock.lock();
    try {
      return super.handleMessage(message);
    } finally {
      lock.unlock();
    }
  }

  private void awaitDurable() {
    try {
      store.journal().awaitDurable();
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }
}
