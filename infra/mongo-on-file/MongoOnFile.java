import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.wire.MongoExceptionHandler;
import de.bwaldvogel.mongo.wire.MongoWireMessageEncoder;
import de.bwaldvogel.mongo.wire.MongoWireReplyEncoder;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;

/**
 * A server of the MongoDB protocol (as a standalone mongod 4.4) over one file and its journal, for machines without a mongod: the library
 * mongo-java-server with a store of its own below and shorter ways for the frequent commands. Writes of one document are atomic, and on the
 * disk before they are acknowledged. It has no transactions, change streams, pipeline updates or authentication.
 *
 * <p>Arguments: store file, bind address, port.
 */
public final class MongoOnFile {
  private static final int THREADS = 2;

  private MongoOnFile() {}

  public static void main(String[] args) throws Exception {
    DocumentStore store;
    try {
      store = new DocumentStore(Path.of(args[0]));
    } catch (DocumentStore.OtherFormat otherFormat) {
      System.err.println(args[0] + " was written by an earlier version in a format that is no longer read: begin anew with 'npm start -- --fresh'");
      System.exit(1);
      return;
    }
    StoredBackend backend = new StoredBackend(store);
    // mongoose 9 refuses servers below wire version 8
    backend.version(new MongoVersion() {
      @Override public List<Integer> getVersionArray() { return List.of(4, 4, 0); }
      @Override public int getWireVersion() { return 9; }
    });
    ChannelGroup clients = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    EventLoopGroup threads = new MultiThreadIoEventLoopGroup(THREADS, NioIoHandler.newFactory());
    Channel listening = listen(new InetSocketAddress(args[1], Integer.parseInt(args[2])), threads, clients, store, backend);
    Thread upkeep = new Thread(store::keepUp, "upkeep");
    upkeep.setDaemon(true);
    upkeep.start();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      listening.close().syncUninterruptibly();
      clients.close().syncUninterruptibly();
      try {
        store.close();
      } catch (IOException error) {
        error.printStackTrace(); // nothing is lost: the journal is there
      }
    }));
    System.out.println("listening on " + args[1] + ":" + args[2]);
  }

  private static Channel listen(InetSocketAddress address, EventLoopGroup threads, ChannelGroup clients, DocumentStore store, StoredBackend backend) {
    return new ServerBootstrap()
        .group(threads)
        .channel(NioServerSocketChannel.class)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childHandler(new ChannelInitializer<SocketChannel>() {
          @Override
          protected void initChannel(SocketChannel channel) {
            channel.pipeline().addLast(new MongoWireReplyEncoder(), new MongoWireMessageEncoder(), new RawProtocolHandler(),
                new RawCommandHandler(store, backend));
            channel.pipeline().addLast(new PatientHandler(backend, clients), new MongoExceptionHandler());
          }
        })
        .bind(address)
        .syncUninterruptibly()
        .channel();
  }
}
