import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * What was written since the store's last checkpoint: numbered files of changed documents. One thread writes and forces them to the disk;
 * all commands that come meanwhile share its next turn.
 */
final class Journal {
  interface Change {
    /** @param document null when it was removed */
    void apply(int collection, long position, byte[] document);
  }

  interface Appender {
    /** @return the number of this change, to wait for */
    long append(int collection, long position, byte[] document);
  }

  private record Waiting(long change, Runnable then) {}

  private static final String PREFIX = "journal-";
  private static final int FIELDS_BYTES = 4 + 8;
  private static final int HEADER_BYTES = 4 + 4;
  private static final int BUFFER_BYTES = 1 << 20;

  private final Path folder;
  private FileChannel file;
  private long number;
  /** Guarded by this object, as are the counts. */
  private ByteBuffer filling = ByteBuffer.allocateDirect(BUFFER_BYTES);
  private ByteBuffer writing = ByteBuffer.allocateDirect(BUFFER_BYTES);
  private final Queue<Waiting> waiting = new ArrayDeque<>();
  private long appended;
  private volatile long durable;
  private volatile long bytesSinceBegin;
  private boolean closed;

  private Journal(Path folder, long number) throws IOException {
    this.folder = folder;
    begin(number);
    Thread thread = new Thread(this::run, "journal");
    thread.setDaemon(true);
    thread.start();
  }

  /** Tells all changes in the files from `from` on, in order, then begins a new file. @throws IOException for one that is damaged. */
  static Journal open(Path folder, long from, Change change) throws IOException {
    long last = from - 1;
    List<Long> numbers = numbers(folder);
    for (long each : numbers) {
      if (each < from) continue;
      Path path = path(folder, each);
      long wholeBytes = read(path, change);
      if (wholeBytes < Files.size(path)) {
        // only the last can end in the middle of a change, which was then not acknowledged
        if (each != numbers.get(numbers.size() - 1)) throw new IOException(path + " is damaged at byte " + wholeBytes);
        cut(path, wholeBytes);
      }
      last = each;
    }
    return new Journal(folder, last + 1);
  }

  /** @return the number of this change, to wait for */
  synchronized long append(int collection, long position, byte[] document) {
    int length = FIELDS_BYTES + (document == null ? 0 : document.length);
    ensureRoom(HEADER_BYTES + length);
    int headerAt = filling.position();
    filling.position(headerAt + HEADER_BYTES);
    filling.putInt(collection).putLong(position);
    if (document != null) filling.put(document);
    filling.putInt(headerAt, length).putInt(headerAt + 4, checksum(filling.duplicate().flip().position(headerAt + HEADER_BYTES)));
    return ++appended;
  }

  /** Runs `then` as soon as the change is on the disk: at once, or later on the journal's own thread. */
  void whenDurable(long change, Runnable then) {
    if (change > durable) {
      synchronized (this) {
        if (change > durable) {
          waiting.add(new Waiting(change, then));
          notifyAll();
          return;
        }
      }
    }
    then.run();
  }

  void awaitDurable() throws InterruptedException {
    long change;
    synchronized (this) {
      change = appended;
    }
    CountDownLatch done = new CountDownLatch(1);
    whenDurable(change, done::countDown);
    done.await();
  }

  /** Of the present file. */
  long bytes() {
    return bytesSinceBegin;
  }

  /** Forces what there is and begins a new file. Nothing may be appended meanwhile. @return the new file's number */
  long rotate() throws IOException, InterruptedException {
    awaitDurable();
    synchronized (this) {
      file.close();
      begin(number + 1);
      return number;
    }
  }

  /** Removes the files that a checkpoint has made superfluous. */
  void removeBefore(long first) throws IOException {
    for (long each : numbers(folder)) if (each < first) Files.delete(path(folder, each));
  }

  /** After a rotation, with nothing appended since. */
  void close() throws IOException {
    synchronized (this) {
      closed = true;
      notifyAll();
      file.close();
    }
  }

  private void begin(long next) throws IOException {
    number = next;
    bytesSinceBegin = 0;
    file = FileChannel.open(path(folder, next), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
      directory.force(true); // or a power cut could take the new file's name away
    }
  }

  private void run() {
    List<Runnable> done = new ArrayList<>();
    try {
      for (;;) {
        long change;
        synchronized (this) {
          while (waiting.isEmpty() && !closed) wait();
          if (closed) return;
          change = appended;
          ByteBuffer full = filling;
          filling = writing;
          writing = full;
        }
        write();
        synchronized (this) {
          durable = change;
          while (!waiting.isEmpty() && waiting.peek().change <= change) done.add(waiting.poll().then);
        }
        done.forEach(Runnable::run);
        done.clear();
      }
    } catch (Throwable error) {
      error.printStackTrace();
      System.err.println("cannot write " + path(folder, number) + ": it ends here, so that it acknowledges nothing that is not on the disk");
      Runtime.getRuntime().halt(1);
    }
  }

  private void write() throws IOException {
    writing.flip();
    if (!writing.hasRemaining()) {
      writing.clear();
      return;
    }
    bytesSinceBegin += writing.remaining();
    while (writing.hasRemaining()) file.write(writing);
    file.force(false);
    if (writing.capacity() > 16 * BUFFER_BYTES) writing = ByteBuffer.allocateDirect(BUFFER_BYTES);
    writing.clear();
  }

  private void ensureRoom(int bytes) {
    if (filling.remaining() >= bytes) return;
    ByteBuffer larger = ByteBuffer.allocateDirect(Math.max(filling.capacity() * 2, filling.position() + bytes));
    larger.put(filling.flip());
    filling = larger;
  }

  /** @return how many bytes of it are whole changes */
  private static long read(Path path, Change change) throws IOException {
    long size = Files.size(path);
    long at = 0;
    try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(path), BUFFER_BYTES))) {
      while (size - at >= HEADER_BYTES + FIELDS_BYTES) {
        int length = in.readInt();
        int checksum = in.readInt();
        if (length < FIELDS_BYTES || length > size - at - HEADER_BYTES) break;
        byte[] bytes = in.readNBytes(length);
        if (checksum(ByteBuffer.wrap(bytes)) != checksum) break;
        ByteBuffer fields = ByteBuffer.wrap(bytes);
        byte[] document = length == FIELDS_BYTES ? null : Arrays.copyOfRange(bytes, FIELDS_BYTES, length);
        change.apply(fields.getInt(), fields.getLong(), document);
        at += HEADER_BYTES + length;
      }
    }
    return at;
  }

  private static void cut(Path path, long bytes) throws IOException {
    try (FileChannel torn = FileChannel.open(path, StandardOpenOption.WRITE)) {
      torn.truncate(bytes).force(true);
    }
  }

  private static int checksum(ByteBuffer bytes) {
    CRC32C checksum = new CRC32C();
    checksum.update(bytes);
    return (int) checksum.getValue();
  }

  private static List<Long> numbers(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map((each) -> each.getFileName().toString()).filter((name) -> name.startsWith(PREFIX))
          .map((name) -> Long.parseLong(name.substring(PREFIX.length()))).sorted().toList();
    }
  }

  private static Path path(Path folder, long number) {
    return folder.resolve(PREFIX + number);
  }
}
