import de.bwaldvogel.mongo.MongoBackend;
import de.bwaldvogel.mongo.wire.MongoDatabaseHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.group.ChannelGroup;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;

/** The library's handler on threads of its own: its commands wait for the disk and for one another, which must not hold up the network. */
final class PatientHandler extends MongoDatabaseHandler {
  private static final int THREADS = 4;
  private static final Executor EXECUTOR = Executors.newFixedThreadPool(THREADS, (work) -> {
    Thread thread = new Thread(work, "patient");
    thread.setDaemon(true);
    return thread;
  });

  PatientHandler(MongoBackend backend, ChannelGroup clients) {
    super(backend, clients);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    EXECUTOR.execute(() -> {
      try {
        super.channelRead(context, message);
      } catch (Exception error) {
        context.fireExceptionCaught(error);
      }
    });
  }
}
