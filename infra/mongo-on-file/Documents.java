import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.h2.mvstore.MVMap;

/**
 * The documents of one collection, encoded, by their position: the order in which they were inserted, so that those at work together lie
 * together. Each change updates the indexes and goes to the journal. The caller lets only one change happen at a time.
 */
final class Documents {
  /** Another document has that key. */
  static final class DuplicateKey extends Exception {
    final StoredIndex index;
    final byte[] document;

    DuplicateKey(StoredIndex index, byte[] document) {
      super(null, null, false, false);
      this.index = index;
      this.document = document;
    }
  }

  static final String ID_INDEX = "_id_";
  private static final byte[] ID = "_id".getBytes(StandardCharsets.UTF_8);

  final int number;
  private final MVMap<Long, byte[]> byPosition;
  private final Journal.Appender journal;
  private final List<StoredIndex> indexes = new ArrayList<>();
  private StoredIndex byId;
  private long nextPosition;
  private volatile long lastChange;

  Documents(int number, MVMap<Long, byte[]> byPosition, Journal.Appender journal) {
    this.number = number;
    this.byPosition = byPosition;
    this.journal = journal;
    Long last = byPosition.lastKey();
    nextPosition = last == null ? 0 : last + 1;
  }

  /** The number in the journal of the last change: what a reader sees is durable when that one is. */
  long lastChange() {
    return lastChange;
  }

  List<StoredIndex> indexes() {
    return indexes;
  }

  /** @throws DuplicateKey when it is to be unique and is not: nothing is changed then */
  void addIndex(StoredIndex index, boolean fill) throws DuplicateKey {
    if (fill && index.hasEntries()) {
      for (Iterator<Long> each = positions(); each.hasNext(); ) {
        long position = each.next();
        byte[] document = get(position);
        for (byte[] key : index.keysOf(document)) {
          if (index.holderOf(key) != null) throw new DuplicateKey(index, document);
          index.put(key, position);
        }
      }
    }
    indexes.add(index);
    if (index.getName().equals(ID_INDEX)) byId = index;
  }

  void removeIndex(String name) {
    indexes.removeIf((index) -> index.getName().equals(name));
  }

  long count() {
    return byPosition.sizeAsLong();
  }

  Iterator<Long> positions() {
    return byPosition.keyIterator(null);
  }

  Iterator<Long> positionsBackwards() {
    return byPosition.keyIteratorReverse(null);
  }

  /** @return null when there is none */
  byte[] get(long position) {
    return byPosition.get(position);
  }

  /** @return null when no document has that id */
  Long positionOf(byte[] idKey) {
    return byId.positionOf(idKey);
  }

  boolean hasIdIndex() {
    return byId != null;
  }

  static Bson.Value idOf(byte[] document) {
    return Bson.field(document, ID);
  }

  /** @return its position */
  long insert(byte[] document) throws DuplicateKey {
    checkUnique(document, null);
    long position = nextPosition++;
    put(position, null, document);
    lastChange = journal.append(number, position, document);
    return position;
  }

  void replace(long position, byte[] before, byte[] document) throws DuplicateKey {
    checkUnique(document, position);
    put(position, before, document);
    lastChange = journal.append(number, position, document);
  }

  void remove(long position) {
    put(position, byPosition.get(position), null);
    lastChange = journal.append(number, position, null);
  }

  /** A change out of the journal, which may be in the store already, with later ones. */
  void replay(long position, byte[] document) {
    put(position, byPosition.get(position), null);
    if (document != null) put(position, null, document);
    nextPosition = Math.max(nextPosition, position + 1);
  }

  private void checkUnique(byte[] document, Long position) throws DuplicateKey {
    for (StoredIndex index : indexes) {
      if (!index.isUnique() || !index.hasEntries()) continue;
      // documents never change their id
      if (index == byId && position != null) continue;
      for (byte[] key : index.keysOf(document)) {
        Long holder = index.holderOf(key);
        if (holder != null && !holder.equals(position)) throw new DuplicateKey(index, document);
      }
    }
  }

  private void put(long position, byte[] before, byte[] after) {
    for (StoredIndex index : indexes) {
      if (!index.hasEntries() || (index == byId && before != null && after != null)) continue;
      List<byte[]> old = before == null ? List.of() : index.keysOf(before);
      List<byte[]> young = after == null ? List.of() : index.keysOf(after);
      for (byte[] key : old) if (!StoredIndex.contains(young, key)) index.remove(key, position);
      for (byte[] key : young) if (!StoredIndex.contains(old, key)) index.put(key, position);
    }
    if (after == null) byPosition.remove(position);
    else byPosition.put(position, after);
  }
}
