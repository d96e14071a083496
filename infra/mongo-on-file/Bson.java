import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.BsonConstants;
import de.bwaldvogel.mongo.wire.bson.BsonDecoder;
import de.bwaldvogel.mongo.wire.bson.BsonEncoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Documents as they came over the wire and as they are stored: encoded. To look at a few fields takes a walk over their bytes, in which
 * what is not asked for is skipped by its length; making objects of all fields and back takes ten times as long.
 */
final class Bson {
  private static final int HEADER_BYTES = 4;

  private Bson() {}

  static Document decode(byte[] document) {
    return BsonDecoder.decodeBson(Unpooled.wrappedBuffer(document));
  }

  static byte[] encode(Document document) {
    ByteBuf buffer = Unpooled.buffer(512);
    BsonEncoder.encodeDocument(document, buffer);
    return Arrays.copyOf(buffer.array(), buffer.writerIndex());
  }

  /** A value within the bytes of a document. */
  record Value(byte type, byte[] in, int at) {
    boolean isDocument() {
      return type == BsonConstants.TYPE_EMBEDDED_DOCUMENT;
    }

    boolean isText() {
      return type == BsonConstants.TYPE_UTF8_STRING;
    }

    boolean isArray() {
      return type == BsonConstants.TYPE_ARRAY;
    }

    /** Neither null nor one that a query would take apart: to match it is to be equal to it. */
    boolean isPlain() {
      return switch (type) {
        case BsonConstants.TYPE_UTF8_STRING, BsonConstants.TYPE_INT32, BsonConstants.TYPE_INT64, BsonConstants.TYPE_DOUBLE,
            BsonConstants.TYPE_OBJECT_ID, BsonConstants.TYPE_BOOLEAN, BsonConstants.TYPE_UTC_DATETIME -> true;
        default -> false;
      };
    }

    boolean isTrue() {
      return type == BsonConstants.TYPE_BOOLEAN && in[at] != 0;
    }

    Fields fields() {
      return new Fields(in, at);
    }

    /** Of an embedded document. */
    byte[] bytes() {
      return Arrays.copyOfRange(in, at, at + int32(in, at));
    }

    String text() {
      return new String(in, at + HEADER_BYTES, int32(in, at) - 1, StandardCharsets.UTF_8);
    }

    /** Of an integer or a double. */
    long number() {
      return switch (type) {
        case BsonConstants.TYPE_INT32 -> int32(in, at);
        case BsonConstants.TYPE_INT64 -> int64(in, at);
        case BsonConstants.TYPE_DOUBLE -> (long) Double.longBitsToDouble(int64(in, at));
        default -> throw new IllegalArgumentException("no number: type " + type);
      };
    }

    int end() {
      return Bson.end(type, in, at);
    }
  }

  /** The fields of a document, or the elements of an array, one after the other. */
  static final class Fields {
    private final byte[] in;
    private int next;
    private int nameAt;
    private int nameEnd;
    private Value value;

    Fields(byte[] in, int documentAt) {
      this.in = in;
      this.next = documentAt + HEADER_BYTES;
    }

    boolean next() {
      byte type = in[next];
      if (type == BsonConstants.TERMINATING_BYTE) return false;
      nameAt = next + 1;
      for (nameEnd = nameAt; in[nameEnd] != 0; ) nameEnd++;
      value = new Value(type, in, nameEnd + 1);
      next = value.end();
      return true;
    }

    boolean isNamed(byte[] name) {
      return Arrays.equals(in, nameAt, nameEnd, name, 0, name.length);
    }

    String name() {
      return new String(in, nameAt, nameEnd - nameAt, StandardCharsets.UTF_8);
    }

    Value value() {
      return value;
    }
  }

  static Value field(byte[] document, byte[] name) {
    return field(new Fields(document, 0), name);
  }

  private static Value field(Fields fields, byte[] name) {
    while (fields.next()) if (fields.isNamed(name)) return fields.value();
    return null;
  }

  /** The document with other elements in one of its arrays. */
  static byte[] withArray(byte[] document, Value array, byte[] elements) {
    int oldBytes = int32(document, array.at);
    int newBytes = HEADER_BYTES + elements.length + 1;
    ByteBuf out = Unpooled.wrappedBuffer(new byte[document.length - oldBytes + newBytes]).clear();
    out.writeBytes(document, 0, array.at).writeIntLE(newBytes).writeBytes(elements).writeByte(BsonConstants.TERMINATING_BYTE);
    out.writeBytes(document, array.at + oldBytes, document.length - array.at - oldBytes);
    return out.setIntLE(0, out.capacity()).array();
  }

  interface ValueVisitor {
    void visit(Value value);
  }

  /** Each value that a path such as `outbox.id` leads to, through arrays too: those of its elements, as an index or a query sees them. */
  static void valuesAt(byte[] document, byte[][] path, ValueVisitor visitor) {
    valuesAt(new Fields(document, 0), path, 0, visitor);
  }

  private static void valuesAt(Fields fields, byte[][] path, int depth, ValueVisitor visitor) {
    Value value = field(fields, path[depth]);
    if (value == null) return;
    boolean isLast = depth == path.length - 1;
    if (value.isArray()) {
      for (Fields elements = value.fields(); elements.next(); ) {
        if (isLast) visitor.visit(elements.value());
        else if (elements.value().isDocument()) valuesAt(elements.value().fields(), path, depth + 1, visitor);
      }
    } else if (isLast) {
      visitor.visit(value);
    } else if (value.isDocument()) {
      valuesAt(value.fields(), path, depth + 1, visitor);
    }
  }

  static int int32(byte[] in, int at) {
    return (in[at] & 0xff) | (in[at + 1] & 0xff) << 8 | (in[at + 2] & 0xff) << 16 | in[at + 3] << 24;
  }

  static long int64(byte[] in, int at) {
    return (int32(in, at) & 0xffffffffL) | (long) int32(in, at + 4) << 32;
  }

  private static int end(byte type, byte[] in, int at) {
    return switch (type) {
      case BsonConstants.TYPE_NULL, BsonConstants.TYPE_UNDEFINED, BsonConstants.TYPE_MIN_KEY, BsonConstants.TYPE_MAX_KEY -> at;
      case BsonConstants.TYPE_BOOLEAN -> at + 1;
      case BsonConstants.TYPE_INT32 -> at + 4;
      case BsonConstants.TYPE_DOUBLE, BsonConstants.TYPE_INT64, BsonConstants.TYPE_UTC_DATETIME, BsonConstants.TYPE_TIMESTAMP -> at + 8;
      case BsonConstants.TYPE_OBJECT_ID -> at + 12;
      case BsonConstants.TYPE_DECIMAL128 -> at + 16;
      case BsonConstants.TYPE_EMBEDDED_DOCUMENT, BsonConstants.TYPE_ARRAY -> at + int32(in, at);
      case BsonConstants.TYPE_UTF8_STRING, BsonConstants.TYPE_JAVASCRIPT_CODE -> at + 4 + int32(in, at);
      case BsonConstants.TYPE_DATA -> at + 5 + int32(in, at);
      case BsonConstants.TYPE_REGEX -> cStringEnd(in, cStringEnd(in, at));
      default -> throw new IllegalArgumentException("unknown BSON type 0x" + Integer.toHexString(type & 0xff));
    };
  }

  private static int cStringEnd(byte[] in, int at) {
    int end = at;
    while (in[end] != 0) end++;
    return end + 1;
  }
}
