import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.h2.mvstore.MVStore;

/**
 * A server of the MongoDB protocol (as a standalone mongod 4.4) over one H2 MVStore file, for machines without a mongod.
 * Single-document writes are atomic. It has no transactions, change streams, pipeline updates or authentication.
 *
 * <p>No reply tells of anything that is not yet on file: every command that touches data ends with a commit of what is
 * unsaved, reads too. Otherwise a killed server would lose writes that it acknowledged, or that a reader (the outbox relay)
 * has already passed on. Commands hold the lock shared and a commit holds it exclusively, so a commit never catches another
 * command half-way, with a document written and its index entry missing. Waiting commits share one write to the file.
 *
 * <p>"On file" means handed to the operating system, which survives kill -9 of this process. Against a power cut the file is
 * flushed every second.
 *
 * <p>Arguments: store file, bind address, port.
 */
public final class MongoOnFile {
  /** The driver's heartbeats, which touch no data. */
  private static final Set<String> WITHOUT_DATA = Set.of("hello", "isMaster", "ismaster", "ping", "buildInfo", "endSessions");
  private static final int UPKEEP_INTERVAL_MS = 1_000;
  /**
   * How long superseded parts of the file stay before their room is used again; must be well above the flush interval. H2's 45 s
   * would let the file grow by 40 kB per commit for as long (measured: 600 MB after 20,000 writes, 90 MB with this).
   */
  private static final int RETENTION_MS = 5_000;
  /** Parts of the file with less than this share in use are rewritten, a little at a time, since all commands wait meanwhile. */
  private static final int FILL_PERCENT_MIN = 25;
  private static final int REWRITTEN_BYTES_MAX = 512 * 1024;
  private static final int COMPACTION_AT_CLOSE_MS_MAX = 500;
  /** A page that is not in it is deserialised anew at each look-up. */
  private static final int PAGE_CACHE_MB = 128;

  private static final class CommittingBackend extends H2Backend {
    private final MVStore store;
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

    CommittingBackend(MVStore store) {
      super(store);
      this.store = store;
    }

    @Override
    public Document handleMessage(MongoMessage message) {
      lock.readLock().lock();
      try {
        return super.handleMessage(message);
      } finally {
        lock.readLock().unlock();
        if (!WITHOUT_DATA.contains(message.getDocument().keySet().iterator().next())) commitUnsaved();
      }
    }

    /** Flushes the file and gathers what is scattered in it; for as long as the process lives. */
    void keepUp() {
      long flushedVersion = -1;
      try {
        while (!store.isClosed()) {
          Thread.sleep(UPKEEP_INTERVAL_MS);
          if (store.getCurrentVersion() == flushedVersion) continue;
          lock.writeLock().lock();
          try {
            store.compact(FILL_PERCENT_MIN, REWRITTEN_BYTES_MAX);
          } finally {
            lock.writeLock().unlock();
          }
          flushedVersion = store.getCurrentVersion();
          store.sync();
        }
      } catch (Exception error) {
        if (!store.isClosed()) error.printStackTrace();
      }
    }

    private void commitUnsaved() {
      if (!store.hasUnsavedChanges()) return;
      lock.writeLock().lock();
      try {
        store.commit(); // returns at once when the one before has saved our changes too
      } finally {
        lock.writeLock().unlock();
      }
    }
  }

  public static void main(String[] args) {
    // neither by time nor by size: a commit of its own in the middle of a command could save half of it
    MVStore store = new MVStore.Builder().fileName(args[0]).autoCommitDisabled().autoCommitBufferSize(0).cacheSize(PAGE_CACHE_MB).open();
    store.setRetentionTime(RETENTION_MS);
    CommittingBackend backend = new CommittingBackend(store);
    // mongoose 9 refuses servers below wire version 8
    backend.version(new MongoVersion() {
      @Override public List<Integer> getVersionArray() { return List.of(4, 4, 0); }
      @Override public int getWireVersion() { return 9; }
    });
    MongoServer server = new MongoServer(backend);
    server.bind(args[1], Integer.parseInt(args[2]));
    Thread upkeep = new Thread(backend::keepUp, "upkeep");
    upkeep.setDaemon(true);
    upkeep.start();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      server.shutdownNow();
      if (!store.isClosed()) store.close(COMPACTION_AT_CLOSE_MS_MAX);
    }));
    System.out.println("listening on " + args[1] + ":" + args[2]);
  }
}
