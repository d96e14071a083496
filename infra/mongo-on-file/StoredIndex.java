import de.bwaldvogel.mongo.MongoCollection;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.bson.Document;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.h2.mvstore.Cursor;
import org.h2.mvstore.MVMap;

/**
 * Sort keys of documents → their positions. {@link Documents} keeps it up with every write; what the library does to indexes by itself
 * does nothing here. A unique index over `_id` and more has no entries: that on `_id` alone answers for it.
 */
final class StoredIndex extends Index<Long> {
  private static final int POSITION_BYTES = 8;
  /** An entry before all others, without a position, from when on a document may have several keys. */
  private static final byte[] HAS_ARRAYS = {0};
  private static final long NO_POSITION = -1;

  private final boolean unique;
  /** null when the index on `_id` answers for it */
  private final MVMap<byte[], Long> entries;
  private final byte[][][] paths;
  private boolean hasArrays;

  StoredIndex(String name, List<IndexKey> keys, boolean sparse, boolean unique, MVMap<byte[], Long> entries) {
    super(name, keys, sparse);
    this.unique = unique;
    this.entries = entries;
    paths = keys.stream().map((key) -> pathOf(key.getKey())).toArray(byte[][][]::new);
    hasArrays = entries != null && entries.containsKey(HAS_ARRAYS);
  }

  private static byte[][] pathOf(String dotted) {
    return Arrays.stream(dotted.split("\\.")).map((part) -> part.getBytes(StandardCharsets.UTF_8)).toArray(byte[][]::new);
  }

  boolean hasEntries() {
    return entries != null;
  }

  /** True when a document may have several entries, or has had. */
  boolean hasArrays() {
    return hasArrays;
  }

  @Override
  public boolean isSparse() {
    return super.isSparse();
  }

  /** The keys of a document: several when a path leads through an array. Without the position that entries of an index with repeats end with. */
  List<byte[]> keysOf(byte[] document) {
    List<byte[]> keys = List.of(new byte[0]);
    boolean isAbsent = true;
    for (int part = 0; part < paths.length; part++) {
      List<byte[]> values = valuesOf(document, paths[part]);
      if (values.isEmpty()) values.add(SortKey.ofNull());
      else isAbsent = false;
      keys = appended(keys, values, getKeys().get(part).isAscending());
    }
    if (isAbsent && isSparse()) return List.of();
    if (keys.size() > 1 && !hasArrays) {
      hasArrays = true;
      entries.put(HAS_ARRAYS, NO_POSITION);
    }
    return keys;
  }

  private static List<byte[]> valuesOf(byte[] document, byte[][] path) {
    List<byte[]> values = new ArrayList<>(1);
    Bson.valuesAt(document, path, (value) -> {
      byte[] key = SortKey.of(value);
      if (!contains(values, key)) values.add(key);
    });
    return values;
  }

  private static List<byte[]> appended(List<byte[]> keys, List<byte[]> values, boolean ascending) {
    List<byte[]> longer = new ArrayList<>(keys.size() * values.size());
    for (byte[] value : values) {
      byte[] directed = ascending ? value : SortKey.inverted(value);
      for (byte[] key : keys) longer.add(key.length == 0 ? directed : SortKey.joined(key, directed));
    }
    return longer;
  }

  static boolean contains(List<byte[]> keys, byte[] key) {
    for (byte[] each : keys) if (Arrays.equals(each, key)) return true;
    return false;
  }

  /** @return the position of another document with that key, null when there is none or repeats are allowed */
  Long holderOf(byte[] key) {
    return unique && entries != null ? entries.get(key) : null;
  }

  Long positionOf(byte[] key) {
    return entries.get(key);
  }

  void put(byte[] key, long position) {
    entries.put(unique ? key : withPosition(key, position), position);
  }

  void remove(byte[] key, long position) {
    entries.remove(unique ? key : withPosition(key, position));
  }

  private static byte[] withPosition(byte[] key, long position) {
    byte[] entry = Arrays.copyOf(key, key.length + POSITION_BYTES);
    ByteBuffer.wrap(entry).putLong(key.length, position);
    return entry;
  }

  /** The positions of the entries from `from` on, before `to` (null: to the end), in order; `backwards` from the end. */
  Iterator<Long> scan(byte[] from, byte[] to, boolean backwards) {
    byte[] first = backwards ? to : from;
    byte[] last = backwards ? from : to;
    Cursor<byte[], Long> cursor = entries.cursor(first, null, backwards);
    return new Iterator<>() {
      private Long next = advance();

      private Long advance() {
        while (cursor.hasNext()) {
          byte[] key = cursor.next();
          if (backwards && to != null && Arrays.compareUnsigned(key, to) >= 0) continue;
          if (last != null && (backwards ? Arrays.compareUnsigned(key, last) < 0 : Arrays.compareUnsigned(key, last) >= 0)) return null;
          if (cursor.getValue() != NO_POSITION) return cursor.getValue();
        }
        return null;
      }

      @Override
      public boolean hasNext() {
        return next != null;
      }

      @Override
      public Long next() {
        Long position = next;
        next = advance();
        return position;
      }
    };
  }

  @Override
  public boolean isUnique() {
    return unique;
  }

  @Override
  public long getCount() {
    return entries == null ? 0 : entries.sizeAsLong();
  }

  /** Never for the library, which fills an empty index by itself. */
  @Override
  public boolean isEmpty() {
    return false;
  }

  @Override
  public long getDataSize() {
    return getCount();
  }

  @Override
  public boolean canHandle(Document query) {
    return false;
  }

  @Override
  public Iterable<Long> getPositions(Document query) {
    throw new UnsupportedOperationException();
  }

  /** For the library, which asks all indexes and wants one answer. */
  @Override
  public Long getPosition(Document document) {
    return getName().equals(Documents.ID_INDEX) ? positionOf(SortKey.of(document.get("_id"))) : null;
  }

  @Override
  public Long remove(Document document) {
    return null;
  }

  @Override
  public void checkAdd(Document document, MongoCollection<Long> collection) {}

  @Override
  public void add(Document document, Long position, MongoCollection<Long> collection) {}

  @Override
  public void checkUpdate(Document oldDocument, Document newDocument, MongoCollection<Long> collection) {}

  @Override
  public void updateInPlace(Document oldDocument, Document newDocument, Long position, MongoCollection<Long> collection) {}

  @Override
  public void drop() {}
}
