import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.ClientRequest;
import de.bwaldvogel.mongo.wire.message.MessageHeader;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import io.netty.channel.Channel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A command whose documents are still encoded: its fields, and the sequences of documents that come beside them. */
final class RawCommand extends ClientRequest {
  private static final byte BODY = 0;
  private static final byte SEQUENCE = 1;
  private static final int DOCUMENT = 3;

  final String name;
  final Bson.Value body;
  final Map<String, List<Bson.Value>> sequences = new HashMap<>();

  /** @param sections of the message, whose first one is the body */
  RawCommand(Channel channel, MessageHeader header, String name, byte[] sections) {
    super(channel, header, null);
    this.name = name;
    this.body = new Bson.Value((byte) DOCUMENT, sections, 1);
    for (int at = body.end(); at < sections.length; ) {
      if (sections[at] != SEQUENCE) throw new IllegalArgumentException("unexpected kind of section: " + sections[at]);
      int end = at + 1 + Bson.int32(sections, at + 1);
      int nameEnd = at + 5;
      while (sections[nameEnd] != 0) nameEnd++;
      sequences.put(new String(sections, at + 5, nameEnd - at - 5, StandardCharsets.UTF_8), documents(sections, nameEnd + 1, end));
      at = end;
    }
  }

  static boolean isBody(byte kind) {
    return kind == BODY;
  }

  private static List<Bson.Value> documents(byte[] in, int from, int to) {
    List<Bson.Value> documents = new ArrayList<>();
    for (int at = from; at < to; at += Bson.int32(in, at)) documents.add(new Bson.Value((byte) DOCUMENT, in, at));
    return documents;
  }

  MongoMessage decoded() {
    Document decoded = Bson.decode(body.bytes());
    sequences.forEach((field, documents) -> decoded.put(field, new ArrayList<>(documents.stream().map((each) -> Bson.decode(each.bytes())).toList())));
    return new MongoMessage(getChannel(), getHeader(), decoded);
  }
}
