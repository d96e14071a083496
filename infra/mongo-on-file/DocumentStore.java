import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.bson.Document;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.type.BasicDataType;
import org.h2.mvstore.type.ByteArrayDataType;
import org.h2.mvstore.type.LongDataType;
import org.h2.mvstore.type.StringDataType;

/**
 * Collections in one H2 MVStore file with a journal beside it. Changes go to the pages in memory and to the journal, which is forced to the
 * disk before they are acknowledged. A checkpoint saves the changed pages, once for many changes of each, and begins a new journal; what a
 * killed process had not saved is in the journal, and applied at the next start.
 */
final class DocumentStore {
  /** The file was written in another way. */
  static final class OtherFormat extends Exception {}

  private static final int PAGE_CACHE_MB = 96;
  /** A checkpoint comes when the journal has that size, or is that old. */
  private static final long JOURNAL_BYTES_MAX = 48L << 20;
  /** Or when changed pages take so much memory. */
  private static final int UNSAVED_BYTES_MAX = 128 << 20;
  private static final long CHECKPOINT_INTERVAL_MS = 10_000;
  private static final int UPKEEP_INTERVAL_MS = 250;
  /** Parts of the file with less than this share in use are rewritten, a little at a time, since all commands wait meanwhile. */
  private static final int FILL_PERCENT_MIN = 40;
  private static final int REWRITTEN_BYTES_MAX = 2 * 1024 * 1024;
  private static final String JOURNAL_NUMBER = "journal";

  private final MVStore store;
  private final MVMap<String, Long> numbers;
  /** Full names → descriptions: the number of the collection and its indexes. */
  private final MVMap<String, byte[]> descriptions;
  private final Map<String, Documents> collections = new HashMap<>();
  private final Journal journal;
  /** Taken before the other one: one checkpoint at a time, of which only parts hold up the commands. */
  private final ReentrantLock checkpointing = new ReentrantLock();
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private boolean isDescribedAnew;
  private volatile long lastCheckpointAt = System.currentTimeMillis();

  /** @param file of the store; the journal's are in the same folder */
  DocumentStore(Path file) throws IOException, OtherFormat {
    // no saving by time or size: it could come in the middle of a change
    store = new MVStore.Builder().fileName(file.toString()).autoCommitDisabled().autoCommitBufferSize(0).cacheSize(PAGE_CACHE_MB).open();
    if (store.getMapNames().stream().anyMatch((name) -> name.startsWith("databases."))) {
      store.closeImmediately();
      throw new OtherFormat();
    }
    // Superseded parts of the file are used again at once: each checkpoint is on the disk before the next begins.
    store.setRetentionTime(0);
    numbers = openMap("numbers", StringDataType.INSTANCE, LongDataType.INSTANCE);
    descriptions = openMap("collections", StringDataType.INSTANCE, ByteArrayDataType.INSTANCE);
    Map<Integer, Documents> byNumber = new HashMap<>();
    for (String name : descriptions.keySet()) {
      Documents documents = open(Bson.decode(descriptions.get(name)));
      collections.put(name, documents);
      byNumber.put(documents.number, documents);
    }
    journal = Journal.open(file.toAbsolutePath().getParent(), numbers.getOrDefault(JOURNAL_NUMBER, 0L), (collection, position, document) -> {
      Documents documents = byNumber.get(collection);
      if (documents != null) documents.replay(position, document); // else it was dropped
    });
    checkpoint();
  }

  Journal journal() {
    return journal;
  }

  /** For commands that leave the collections and indexes as they are. */
  Lock shared() {
    return lock.readLock();
  }

  /** For commands that may make or drop a collection or an index. Ends with their checkpoint, before changes to it can be acknowledged. */
  <T> T exclusively(Supplier<T> command) {
    checkpointing.lock();
    lock.writeLock().lock();
    try {
      return command.get();
    } finally {
      try {
        if (isDescribedAnew) checkpoint();
      } finally {
        lock.writeLock().unlock();
        checkpointing.unlock();
      }
    }
  }

  /** The names of the databases that have a collection. */
  Set<String> databases() {
    return collections.keySet().stream().map((name) -> name.substring(0, name.indexOf('.'))).collect(Collectors.toSet());
  }

  long fileBytes() {
    return store.getFileStore().size();
  }

  /** The collection of that full name, made when there is none. */
  Documents openOrCreate(String name) {
    return collections.computeIfAbsent(name, (absent) -> {
      long number = numbers.getOrDefault("collection", 0L) + 1;
      numbers.put("collection", number);
      Document description = new Document("number", (int) number).append("indexes", new ArrayList<>());
      describe(name, description);
      return open(description);
    });
  }

  /** @throws Documents.DuplicateKey when it is to be unique and is not */
  StoredIndex openOrCreateIndex(String collection, String name, List<IndexKey> keys, boolean sparse, boolean unique)
      throws Documents.DuplicateKey {
    Documents documents = openOrCreate(collection);
    for (StoredIndex index : documents.indexes()) if (index.getName().equals(name)) return index;
    Document fields = new Document();
    for (IndexKey key : keys) fields.put(key.getKey(), key.isAscending() ? 1 : -1);
    Document indexDescription = new Document("name", name).append("key", fields).append("sparse", sparse).append("unique", unique);
    StoredIndex index = openIndex(documents.number, indexDescription);
    try {
      documents.addIndex(index, true);
    } catch (Documents.DuplicateKey notUnique) {
      store.removeMap(indexMapName(documents.number, name));
      isDescribedAnew = true;
      throw notUnique;
    }
    Document description = Bson.decode(descriptions.get(collection));
    indexDescriptions(description).add(indexDescription);
    describe(collection, description);
    return index;
  }

  void dropIndex(String collection, String name) {
    Documents documents = collections.get(collection);
    documents.removeIndex(name);
    store.removeMap(indexMapName(documents.number, name));
    Document description = Bson.decode(descriptions.get(collection));
    indexDescriptions(description).removeIf((index) -> index.get("name").equals(name));
    describe(collection, description);
  }

  void drop(String name) {
    Documents documents = collections.remove(name);
    if (documents == null) return;
    for (StoredIndex index : documents.indexes()) store.removeMap(indexMapName(documents.number, index.getName()));
    store.removeMap(mapName(documents.number));
    descriptions.remove(name);
    isDescribedAnew = true;
  }

  void rename(String name, String newName) {
    collections.put(newName, collections.remove(name));
    describe(newName, Bson.decode(descriptions.remove(name)));
  }

  /** Saves changed pages when it is time to, for as long as the process lives. */
  void keepUp() {
    for (;;) {
      LockSupport.parkNanos(UPKEEP_INTERVAL_MS * 1_000_000L);
      boolean isOld = System.currentTimeMillis() - lastCheckpointAt >= CHECKPOINT_INTERVAL_MS;
      boolean isMuch = journal.bytes() >= JOURNAL_BYTES_MAX || store.getUnsavedMemory() >= UNSAVED_BYTES_MAX;
      if (isMuch || (isOld && journal.bytes() > 0)) checkpoint();
    }
  }

  /** Whatever comes later waits for ever. */
  void close() throws IOException {
    checkpointing.lock();
    checkpoint();
    lock.writeLock().lock();
    journal.close();
    store.close();
  }

  private void checkpoint() {
    checkpointing.lock();
    try {
      long first = save();
      store.sync(); // each state is on the disk before the space of the one before it is used again
      journal.removeBefore(first);
      lastCheckpointAt = System.currentTimeMillis();
    } catch (Exception error) {
      error.printStackTrace();
      System.err.println("cannot save the documents: ends here; what was acknowledged is in the journal");
      Runtime.getRuntime().halt(1);
    } finally {
      checkpointing.unlock();
    }
  }

  /** @return the number of the journal that now begins */
  private long save() throws IOException, InterruptedException {
    lock.writeLock().lock();
    try {
      long first = journal.rotate();
      numbers.put(JOURNAL_NUMBER, first);
      isDescribedAnew = false;
      store.compact(FILL_PERCENT_MIN, REWRITTEN_BYTES_MAX);
      store.commit();
      return first;
    } finally {
      lock.writeLock().unlock();
    }
  }

  private Documents open(Document description) {
    int number = (Integer) description.get("number");
    MVMap<Long, byte[]> byPosition = openMap(mapName(number), LongDataType.INSTANCE, ByteArrayDataType.INSTANCE);
    Documents documents = new Documents(number, byPosition, (collection, position, document) -> journal.append(collection, position, document));
    for (Document each : indexDescriptions(description)) {
      try {
        documents.addIndex(openIndex(number, each), false);
      } catch (Documents.DuplicateKey onlyWhenFilled) {
        throw new IllegalStateException(onlyWhenFilled);
      }
    }
    return documents;
  }

  private StoredIndex openIndex(int collection, Document description) {
    String name = (String) description.get("name");
    Document fields = (Document) description.get("key");
    List<IndexKey> keys = new ArrayList<>();
    fields.forEach((field, direction) -> keys.add(new IndexKey(field, ((Integer) direction) > 0)));
    boolean unique = (Boolean) description.get("unique");
    boolean followsFromId = unique && keys.size() > 1 && fields.containsKey("_id");
    MVMap<byte[], Long> entries = followsFromId ? null : openMap(indexMapName(collection, name), SortKeyType.INSTANCE, LongDataType.INSTANCE);
    return new StoredIndex(name, keys, (Boolean) description.get("sparse"), unique, entries);
  }

  private void describe(String name, Document description) {
    descriptions.put(name, Bson.encode(description));
    isDescribedAnew = true;
  }

  @SuppressWarnings("unchecked")
  private static List<Document> indexDescriptions(Document description) {
    return (List<Document>) description.get("indexes");
  }

  private <K, V> MVMap<K, V> openMap(String name, BasicDataType<K> keys, BasicDataType<V> values) {
    return store.openMap(name, new MVMap.Builder<K, V>().keyType(keys).valueType(values));
  }

  private static String mapName(int collection) {
    return "documents." + collection;
  }

  private static String indexMapName(int collection, String index) {
    return "index." + collection + "." + index;
  }
}
