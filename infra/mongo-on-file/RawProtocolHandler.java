import de.bwaldvogel.mongo.wire.MongoWireProtocolHandler;
import de.bwaldvogel.mongo.wire.OpCode;
import de.bwaldvogel.mongo.wire.message.ClientRequest;
import de.bwaldvogel.mongo.wire.message.MessageHeader;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/** Takes the frequent commands out of the stream as they are, and leaves the others to the library's decoder. */
final class RawProtocolHandler extends MongoWireProtocolHandler {
  private static final Set<String> RAW = Set.of("find", "insert", "update");
  /** In a message: length, request id, response to, op code, flags, sections; in the first of these: kind, length, type of the first field. */
  private static final int OP_CODE_AT = 12;
  private static final int FLAGS_AT = 16;
  private static final int SECTIONS_AT = 20;
  private static final int NAME_AT = SECTIONS_AT + 1 + 4 + 1;
  private static final int NAME_BYTES_MAX = 10;

  @Override
  protected ClientRequest decode(ChannelHandlerContext context, ByteBuf in) throws Exception {
    int at = in.readerIndex();
    if (in.readableBytes() < NAME_AT + NAME_BYTES_MAX) return super.decode(context, in);
    int length = in.getIntLE(at);
    if (in.readableBytes() < length) return null;
    boolean isPlain = in.getIntLE(at + OP_CODE_AT) == OpCode.OP_MSG.getId() && in.getIntLE(at + FLAGS_AT) == 0;
    String name = nameAt(in, at);
    if (!isPlain || !RawCommand.isBody(in.getByte(at + SECTIONS_AT)) || !RAW.contains(name)) return super.decode(context, in);
    byte[] sections = new byte[length - SECTIONS_AT];
    in.getBytes(at + SECTIONS_AT, sections);
    in.skipBytes(length);
    return new RawCommand(context.channel(), new MessageHeader(length, in.getIntLE(at + 4), in.getIntLE(at + 8)), name, sections);
  }

  private static String nameAt(ByteBuf in, int at) {
    int end = in.indexOf(at + NAME_AT, at + NAME_AT + NAME_BYTES_MAX, (byte) 0);
    return end < 0 ? "" : in.toString(at + NAME_AT, end - at - NAME_AT, StandardCharsets.US_ASCII);
  }
}
