import de.bwaldvogel.mongo.bson.Decimal128;
import de.bwaldvogel.mongo.wire.BsonConstants;
import de.bwaldvogel.mongo.wire.bson.BsonEncoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;

/**
 * BSON values as bytes whose order, compared as unsigned, is that of the values: null, numbers, strings, documents, arrays, binary data,
 * object ids, booleans, dates. Equal values have equal bytes whatever their type of number is, and none is the beginning of another.
 */
final class SortKey {
  private static final int NULL = 0x05;
  private static final int NUMBER = 0x10;
  private static final int STRING = 0x20;
  private static final int DOCUMENT = 0x28;
  private static final int ARRAY = 0x2c;
  private static final int BINARY = 0x30;
  private static final int OBJECT_ID = 0x38;
  private static final int BOOLEAN = 0x40;
  private static final int DATE = 0x48;
  private static final int OTHER = 0x50;

  private SortKey() {}

  /** Bytes that grow: a ByteArrayOutputStream without its locks. */
  static final class Bytes {
    private byte[] bytes = new byte[64];
    private int length;

    void write(int one) {
      ensureRoom(1);
      bytes[length++] = (byte) one;
    }

    void write(byte[] from, int at, int count) {
      ensureRoom(count);
      System.arraycopy(from, at, bytes, length, count);
      length += count;
    }

    byte[] toArray() {
      return Arrays.copyOf(bytes, length);
    }

    private void ensureRoom(int count) {
      if (length + count > bytes.length) bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + count));
    }
  }

  static byte[] of(Bson.Value value) {
    Bytes out = new Bytes();
    write(value, out);
    return out.toArray();
  }

  /** Of a value out of a decoded query. */
  static byte[] of(Object value) {
    byte type = BsonEncoder.determineType(value);
    ByteBuf buffer = Unpooled.buffer(64);
    BsonEncoder.encodeValue(type, value, buffer);
    return of(new Bson.Value(type, Arrays.copyOf(buffer.array(), buffer.writerIndex()), 0));
  }

  static byte[] ofNull() {
    return new byte[] {NULL};
  }

  static byte[] joined(byte[] one, byte[] other) {
    byte[] both = Arrays.copyOf(one, one.length + other.length);
    System.arraycopy(other, 0, both, one.length, other.length);
    return both;
  }

  /** For a field that is sorted downwards. */
  static byte[] inverted(byte[] key) {
    byte[] inverted = new byte[key.length];
    for (int i = 0; i < key.length; i++) inverted[i] = (byte) ~key[i];
    return inverted;
  }

  /** The bytes before all values of the same kind as that of `key`, and those after them: a range matches only values of its own kind. */
  static byte[] kindBegin(byte[] key) {
    return new byte[] {key[0]};
  }

  static byte[] kindEnd(byte[] key) {
    return new byte[] {(byte) (key[0] + 1)};
  }

  private static void write(Bson.Value value, Bytes out) {
    byte[] in = value.in();
    int at = value.at();
    switch (value.type()) {
      case BsonConstants.TYPE_NULL, BsonConstants.TYPE_UNDEFINED -> out.write(NULL);
      case BsonConstants.TYPE_INT32 -> writeNumber(Bson.int32(in, at), 0, out);
      case BsonConstants.TYPE_INT64 -> {
        long exact = Bson.int64(in, at);
        writeNumber((double) exact, (int) (exact - (long) (double) exact), out);
      }
      case BsonConstants.TYPE_DOUBLE -> writeNumber(Double.longBitsToDouble(Bson.int64(in, at)), 0, out);
      case BsonConstants.TYPE_DECIMAL128 ->
          writeNumber(new Decimal128(Bson.int64(in, at), Bson.int64(in, at + 8)).toBigDecimal().doubleValue(), 0, out);
      case BsonConstants.TYPE_UTF8_STRING -> writeEscaped(STRING, in, at + 4, value.end() - 1, out);
      case BsonConstants.TYPE_EMBEDDED_DOCUMENT -> writeEscaped(DOCUMENT, in, at, value.end(), out);
      case BsonConstants.TYPE_ARRAY -> writeEscaped(ARRAY, in, at, value.end(), out);
      case BsonConstants.TYPE_DATA -> writeEscaped(BINARY, in, at, value.end(), out);
      case BsonConstants.TYPE_OBJECT_ID -> {
        out.write(OBJECT_ID);
        out.write(in, at, 12);
      }
      case BsonConstants.TYPE_BOOLEAN -> {
        out.write(BOOLEAN);
        out.write(in[at]);
      }
      case BsonConstants.TYPE_UTC_DATETIME -> {
        out.write(DATE);
        writeLong(Bson.int64(in, at) ^ Long.MIN_VALUE, out);
      }
      default -> {
        out.write(OTHER);
        writeEscaped(value.type(), in, at, value.end(), out);
      }
    }
  }

  /** `rest` is what a long integer has beyond the double next to it: less than 1024 either way. */
  private static void writeNumber(double number, int rest, Bytes out) {
    long bits = Double.doubleToLongBits(number == 0 ? 0 : number);
    out.write(NUMBER);
    writeLong(bits < 0 ? ~bits : bits ^ Long.MIN_VALUE, out);
    out.write((rest + 0x8000) >> 8);
    out.write(rest + 0x8000);
  }

  private static void writeLong(long number, Bytes out) {
    for (int shift = 56; shift >= 0; shift -= 8) out.write((int) (number >> shift));
  }

  /** Ends with two zero bytes; a zero in it is followed by 255. */
  private static void writeEscaped(int kind, byte[] in, int from, int to, Bytes out) {
    out.write(kind);
    for (int begin = from; ; ) {
      int zero = begin;
      while (zero < to && in[zero] != 0) zero++;
      out.write(in, begin, zero - begin);
      out.write(0);
      if (zero == to) break;
      out.write(0xff);
      begin = zero + 1;
    }
    out.write(0);
  }
}
