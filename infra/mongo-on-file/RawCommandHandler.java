import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.OpCode;
import de.bwaldvogel.mongo.wire.bson.BsonEncoder;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.locks.Lock;

/**
 * The frequent commands on encoded documents: to find by id, to insert, to replace and to pull array elements by id. What it does not know
 * goes on to the library, which knows the rest. It holds up no thread until its changes are on the disk: the journal sends the reply.
 */
final class RawCommandHandler extends SimpleChannelInboundHandler<RawCommand> {
  private static final int REPLY_BYTES_MAX = 16 * 1024 * 1024;

  private final DocumentStore store;
  private final StoredBackend backend;

  RawCommandHandler(DocumentStore store, StoredBackend backend) {
    this.store = store;
    this.backend = backend;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, RawCommand command) {
    Lock lock = store.shared();
    Reply reply;
    lock.lock();
    try {
      reply = handle(command);
    } finally {
      lock.unlock();
    }
    if (reply == null) context.fireChannelRead(command.decoded());
    else store.journal().whenDurable(reply.change, () -> context.writeAndFlush(message(context, command, reply)));
  }

  /** @param found null for the reply to a write */
  private record Reply(long change, Document fields, String collection, List<byte[]> found) {}

  private Reply handle(RawCommand command) {
    RawArguments arguments = RawArguments.of(command);
    if (arguments == null) return null;
    StoredCollection collection = backend.collection(arguments.database, arguments.collection);
    if (collection == null || !collection.documents().hasIdIndex()) return null;
    synchronized (collection) {
      if (command.name.equals("find")) {
        List<byte[]> found = RawFind.of(arguments, collection.documents());
        if (found == null || found.stream().mapToInt((document) -> document.length).sum() > REPLY_BYTES_MAX) return null;
        return new Reply(collection.documents().lastChange(), null, collection.getFullName(), found);
      }
      RawWrites writes = new RawWrites(collection);
      Document fields = command.name.equals("insert") ? writes.insert(arguments) : writes.update(arguments);
      return fields == null ? null : new Reply(collection.documents().lastChange(), fields, null, null);
    }
  }

  private static ByteBuf message(ChannelHandlerContext context, RawCommand command, Reply reply) {
    ByteBuf out = context.alloc().buffer(reply.found == null ? 256 : 256 + reply.found.stream().mapToInt((each) -> each.length + 8).sum());
    out.writeIntLE(0).writeIntLE(command.getHeader().getRequestID()).writeIntLE(command.getHeader().getRequestID());
    out.writeIntLE(OpCode.OP_MSG.getId()).writeIntLE(0).writeByte(0);
    if (reply.found == null) BsonEncoder.encodeDocument(reply.fields, out);
    else writeFound(reply.collection, reply.found, out);
    return out.setIntLE(0, out.writerIndex());
  }

  /** `{cursor: {firstBatch: [...], id: 0, ns}, ok: 1}` */
  private static void writeFound(String collection, List<byte[]> found, ByteBuf out) {
    int replyAt = begin(out);
    writeName(3, "cursor", out);
    int cursorAt = begin(out);
    writeName(4, "firstBatch", out);
    int batchAt = begin(out);
    for (int i = 0; i < found.size(); i++) {
      writeName(3, Integer.toString(i), out);
      out.writeBytes(found.get(i));
    }
    end(batchAt, out);
    writeName(18, "id", out);
    out.writeLongLE(0);
    writeName(2, "ns", out);
    out.writeIntLE(collection.getBytes(StandardCharsets.UTF_8).length + 1);
    writeText(collection, out);
    end(cursorAt, out);
    writeName(1, "ok", out);
    out.writeLongLE(Double.doubleToLongBits(1));
    end(replyAt, out);
  }

  private static int begin(ByteBuf out) {
    int at = out.writerIndex();
    out.writeIntLE(0);
    return at;
  }

  private static void end(int at, ByteBuf out) {
    out.writeByte(0);
    out.setIntLE(at, out.writerIndex() - at);
  }

  private static void writeName(int type, String name, ByteBuf out) {
    out.writeByte(type);
    writeText(name, out);
  }

  private static void writeText(String text, ByteBuf out) {
    out.writeCharSequence(text, StandardCharsets.UTF_8);
    out.writeByte(0);
  }
}
