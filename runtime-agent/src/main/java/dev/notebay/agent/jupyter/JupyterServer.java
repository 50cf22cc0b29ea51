package dev.notebay.agent.jupyter;

import dev.notebay.agent.core.activity.AgentClock;
import dev.notebay.agent.core.content.ContentStore;
import dev.notebay.agent.core.kernel.AgentException;
import dev.notebay.agent.core.kernel.KernelId;
import dev.notebay.agent.core.kernel.Kernels;
import dev.notebay.agent.core.kernel.Kernelspec;
import dev.notebay.rpc.Authenticator;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.json.JsonObject;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The HTTP server: lets the owner in, finds what is asked for, and answers. Everything that may
 * wait runs on virtual threads; the event loop only moves bytes.
 */
public final class JupyterServer implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(JupyterServer.class.getName());

  /** The version of Jupyter Server whose API this is. */
  private static final String API_VERSION = "2.14.0";

  private static final int LARGEST_MESSAGE = ByteBudget.LARGEST;

  /** Of everything but a file's content: it becomes objects, which are many times as large. */
  private static final int LARGEST_SMALL_BODY = 1 << 20;

  private static final int LARGEST_PASSED_BY = 256 << 20;
  private static final long LONGEST_EXCHANGE_MILLIS = TimeUnit.MINUTES.toMillis(5);
  private static final Duration MEMORY_AWAITED = Duration.ofSeconds(5);
  private static final int MOST_REQUESTS = 32;
  private static final int PING_MILLIS = 30_000;
  private static final int MOST_SILENT_PINGS = 3;
  private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS");

  private final Vertx vertx;
  private final JupyterSettings settings;
  private final SessionView session;
  private final Kernels kernels;
  private final Rooms rooms;
  private final Traffic traffic;
  private final Access access;
  private final KernelRoutes kernelRoutes;
  private final SessionRoutes sessionRoutes;
  private final ContentRoutes contentRoutes;
  private final Instant started;
  private final ByteBudget budget = new ByteBudget();
  private final Semaphore requests = new Semaphore(MOST_REQUESTS);
  private final HttpServer server;

  public JupyterServer(
      Vertx vertx,
      JupyterSettings settings,
      SessionView session,
      Authenticator authenticator,
      Kernels kernels,
      Map<String, Kernelspec> specs,
      ContentStore files,
      Rooms rooms,
      Traffic traffic,
      AgentClock clock) {
    this.vertx = vertx;
    this.settings = settings;
    this.session = session;
    this.kernels = kernels;
    this.rooms = rooms;
    this.traffic = traffic;
    this.access = new Access(authenticator, session::owner);
    this.kernelRoutes =
        new KernelRoutes(kernels, specs, settings.defaultKernelspec(), rooms, files);
    this.sessionRoutes = new SessionRoutes(kernels, kernelRoutes);
    this.contentRoutes = new ContentRoutes(files);
    this.started = clock.now();
    this.server =
        vertx
            .createHttpServer(
                new HttpServerOptions()
                    .setTcpNoDelay(true)
                    .setHttp2ClearTextEnabled(false)
                    .setIdleTimeout(0)
                    .setMaxInitialLineLength(16 << 10)
                    .setMaxHeaderSize(32 << 10)
                    .setMaxWebSocketFrameSize(LARGEST_MESSAGE)
                    .setMaxWebSocketMessageSize(LARGEST_MESSAGE)
                    .setPerMessageWebSocketCompressionSupported(false)
                    .setPerFrameWebSocketCompressionSupported(false)
                    .addWebSocketSubProtocol(V1Framing.PROTOCOL))
            .requestHandler(this::handle);
  }

  /** Binds; returns the port. */
  public int start() {
    return server
        .listen(settings.port(), settings.host())
        .toCompletionStage()
        .toCompletableFuture()
        .join()
        .actualPort();
  }

  @Override
  public void close() {
    server.close().toCompletionStage().toCompletableFuture().join();
  }

  private void handle(HttpServerRequest request) {
    String path = request.path() == null ? "/" : request.path();
    if (path.equals("/q/health") || path.startsWith("/q/health/")) {
      write(request.response(), health(path));
      return;
    }
    request.pause();
    Context context = vertx.getOrCreateContext();
    boolean upgrade = "websocket".equalsIgnoreCase(request.getHeader(HttpHeaders.UPGRADE));
    Thread.ofVirtual()
        .name("request")
        .start(
            () -> {
              try {
                if (path.equals("/metrics")) {
                  Reply metrics = metrics(request);
                  context.runOnContext(_ -> refuse(request, metrics));
                  return;
                }
                MultiMap query = request.params();
                access.owner(request.headers(), query);
                if (upgrade || !READING.contains(request.method().name())) {
                  access.checkOrigin(request.headers(), request.getHeader(HttpHeaders.HOST));
                }
                List<String> names = Request.names(path);
                if (upgrade) {
                  channels(request, names, query, context);
                } else {
                  admit(request, names, query, context);
                }
              } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
              } catch (RuntimeException failure) {
                Reply reply = Errors.reply(failure);
                context.runOnContext(_ -> refuse(request, reply));
              }
            });
  }

  private Reply health(String path) {
    boolean ready = session.owner().isPresent();
    boolean up =
        switch (path) {
          case "/q/health/live" -> true;
          case "/q/health/ready", "/q/health" -> ready;
          default -> false;
        };
    var check =
        new JsonObject().put("name", "session claimed").put("status", ready ? "UP" : "DOWN");
    return Reply.json(
        up ? 200 : 503,
        new JsonObject()
            .put("status", up ? "UP" : "DOWN")
            .put("checks", new io.vertx.core.json.JsonArray().add(check)));
  }

  private Reply metrics(HttpServerRequest request) {
    try {
      String host = request.remoteAddress().hostAddress();
      // A server that is to be reached on every address is in a pod: its network policy says by
      // whom, and a scraper comes from elsewhere. What it reads has no names in it.
      boolean inPod = InetAddress.getByName(settings.host()).isAnyLocalAddress();
      if (host == null || !(inPod || InetAddress.getByName(host).isLoopbackAddress())) {
        throw Refusal.forbidden();
      }
    } catch (UnknownHostException unknown) {
      throw Refusal.forbidden();
    }
    return new Reply(
        200,
        Map.of("Content-Type", "text/plain; version=0.0.4; charset=utf-8"),
        Buffer.buffer(session.metrics()));
  }

  /** Answers without having read the body, which may be long: the connection ends with it. */
  private static void refuse(HttpServerRequest request, Reply reply) {
    request.response().putHeader(HttpHeaders.CONNECTION, "close");
    request.resume();
    write(request.response(), reply);
  }

  /** Makes sure that there is memory for the body, then reads it. */
  private void admit(HttpServerRequest request, List<String> names, MultiMap query, Context context)
      throws InterruptedException {
    boolean content =
        request.method().name().equals("PUT")
            && names.size() > 1
            && names.getFirst().equals("api")
            && names.get(1).equals("contents");
    int largest = content ? ByteBudget.LARGEST : LARGEST_SMALL_BODY;
    String declared = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    boolean chunked = declared == null && request.headers().contains(HttpHeaders.TRANSFER_ENCODING);
    long length = chunked ? largest : declared == null ? 0 : length(declared);
    if (length > largest) {
      context.runOnContext(_ -> refuseBody(request, length, tooLarge(largest)));
      return;
    }
    ByteBudget.Share memory = budget.share();
    if (!memory.grow(2 * length, MEMORY_AWAITED)) {
      Reply busy = Reply.error(503, "too much at once", "Service Unavailable");
      context.runOnContext(_ -> refuseBody(request, length, busy));
      return;
    }
    context.runOnContext(_ -> readBody(request, names, query, context, memory, largest));
  }

  private static long length(String declared) {
    return declared.length() > 15 ? Long.MAX_VALUE : Long.parseLong(declared.strip());
  }

  /** Answers without keeping the body; one that is not much too long is let pass by. */
  private static void refuseBody(HttpServerRequest request, long length, Reply reply) {
    if (length > LARGEST_PASSED_BY) {
      refuse(request, reply);
      return;
    }
    request.handler(_ -> {});
    request.resume();
    write(request.response(), reply);
  }

  private void readBody(
      HttpServerRequest request,
      List<String> names,
      MultiMap query,
      Context context,
      ByteBudget.Share memory,
      int largest) {
    HttpServerResponse response = request.response();
    if (response.closed()) {
      memory.close();
      return;
    }
    // A client that neither sends nor reads on must not keep the memory.
    long deadline = vertx.setTimer(LONGEST_EXCHANGE_MILLIS, _ -> request.connection().close());
    Runnable over =
        () -> {
          vertx.cancelTimer(deadline);
          memory.close();
        };
    response.closeHandler(_ -> over.run());
    String declared = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    var body = Buffer.buffer(declared == null ? 0 : (int) length(declared));
    request.handler(
        chunk -> {
          if (body.length() + chunk.length() > largest) {
            request.handler(_ -> {});
            if (!response.ended()) {
              response.putHeader(HttpHeaders.CONNECTION, "close");
              write(response, tooLarge(largest)).onComplete(_ -> over.run());
            }
          } else {
            body.appendBuffer(chunk);
          }
        });
    request.endHandler(
        _ -> {
          if (!response.ended()) {
            answer(
                new Request(request.method().name(), names, query, body, memory),
                response,
                context,
                over);
          }
        });
    request.resume();
  }

  private static Reply tooLarge(int largest) {
    return Reply.error(413, "body is larger than " + largest + " bytes", "Content Too Large");
  }

  private void answer(
      Request request, HttpServerResponse response, Context context, Runnable over) {
    Thread.ofVirtual()
        .name("request")
        .start(
            () -> {
              Reply reply;
              boolean admitted = false;
              try {
                admitted = requests.tryAcquire(10, TimeUnit.SECONDS);
                reply =
                    admitted
                        ? route(request)
                        : Reply.error(503, "too many requests at once", "Service Unavailable");
              } catch (RuntimeException failure) {
                reply = Errors.reply(failure);
              } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                reply = Reply.error(503, "stopping", "Service Unavailable");
              } finally {
                if (admitted) {
                  requests.release();
                }
              }
              Reply done = reply;
              context.runOnContext(_ -> write(response, done).onComplete(_ -> over.run()));
            });
  }

  private static Future<Void> write(HttpServerResponse response, Reply reply) {
    if (response.ended() || response.closed()) {
      return Future.succeededFuture();
    }
    response.setStatusCode(reply.status());
    response.putHeader("X-Content-Type-Options", "nosniff");
    response.putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
    reply.headers().forEach(response::putHeader);
    return response.end(reply.body());
  }

  private Reply route(Request request) {
    if (request.path().isEmpty()) {
      return Reply.text(200, "Notebay runtime agent: the Jupyter Server API is at /api\n");
    }
    if (!request.path().getFirst().equals("api")) {
      throw Refusal.notFound(String.join("/", request.path()));
    }
    String resource = request.path().size() > 1 ? request.path().get(1) : "";
    List<String> rest =
        request.path().subList(Math.min(2, request.path().size()), request.path().size());
    boolean reading = READING.contains(request.method());
    Reply reply =
        switch (resource) {
          case "kernels" -> kernelRoutes.kernels(request, rest);
          case "sessions" -> sessionRoutes.sessions(request, rest);
          case "contents" -> contentRoutes.contents(request, rest);
          case "", "status", "me", "kernelspecs", "terminals" -> {
            if (!request.method().equals("GET")) {
              throw resource.equals("terminals")
                  ? new Refusal(404, "terminals are not available", "Not Found")
                  : KernelRoutes.methodNotAllowed();
            }
            yield read(request, resource, rest);
          }
          default -> throw Refusal.notFound(String.join("/", request.path()));
        };
    boolean tracked = !"1".equals(request.query().get("no_track_activity"));
    if (!reading && tracked) {
      session.requested();
    }
    return reply;
  }

  private Reply read(Request request, String resource, List<String> rest) {
    if (resource.equals("kernelspecs")) {
      return kernelRoutes.specs(rest);
    }
    if (!rest.isEmpty()) {
      throw Refusal.notFound(String.join("/", request.path()));
    }
    return switch (resource) {
      case "" -> Reply.json(new JsonObject().put("version", API_VERSION));
      case "status" ->
          Reply.json(
              new JsonObject()
                  .put("started", Timestamps.format(started))
                  .put("last_activity", Timestamps.format(session.lastActive()))
                  .put("connections", rooms.connected())
                  .put("kernels", kernels.list().size()));
      case "me" -> me();
      default -> Reply.json(new io.vertx.core.json.JsonArray());
    };
  }

  private Reply me() {
    String name = session.owner().orElse("");
    return Reply.json(
        new JsonObject()
            .put(
                "identity",
                new JsonObject()
                    .put("username", name)
                    .put("name", name)
                    .put("display_name", name)
                    .put("initials", name.isEmpty() ? "" : name.substring(0, 1))
                    .putNull("avatar_url")
                    .putNull("color"))
            .put("permissions", new JsonObject()));
  }

  private void channels(
      HttpServerRequest request, List<String> names, MultiMap query, Context context) {
    boolean matches =
        names.size() == 4
            && names.getFirst().equals("api")
            && names.get(1).equals("kernels")
            && names.get(3).equals("channels");
    if (!matches) {
      throw Refusal.notFound(String.join("/", names));
    }
    KernelId kernel = KernelRoutes.id(names.get(2));
    if (kernels.find(kernel).isEmpty()) {
      throw new AgentException.KernelNotFound(kernel.toString());
    }
    if (rooms.isFull()) {
      throw new Refusal(503, "too many connections", "Service Unavailable");
    }
    Optional<Long> replayFrom =
        Optional.ofNullable(query.get("replay_from"))
            .map(text -> Request.number("replay_from", text).orElse(0));
    String given = query.get("session_id");
    String key = given == null || given.isEmpty() ? UUID.randomUUID().toString() : given;
    if (key.length() > 255) {
      throw Refusal.badRequest("session_id", key, "at most 255 characters");
    }
    var purpose =
        new ChannelSocket.Purpose(
            kernel, key, replayFrom.isPresent(), !"1".equals(query.get("no_track_activity")));
    context.runOnContext(
        _ ->
            request
                .toWebSocket()
                .onSuccess(socket -> opened(socket, purpose, replayFrom))
                .onFailure(
                    failure ->
                        LOG.log(
                            System.Logger.Level.DEBUG,
                            "WebSocket handshake failed: " + failure.getMessage())));
  }

  private void opened(
      ServerWebSocket socket, ChannelSocket.Purpose purpose, Optional<Long> replayFrom) {
    // Nothing is read before its reader is there.
    socket.pause();
    Framing framing =
        V1Framing.PROTOCOL.equals(socket.subProtocol()) ? new V1Framing() : new LegacyFraming();
    var silent = new AtomicInteger();
    var channel =
        new ChannelSocket(
            socket,
            purpose,
            framing,
            kernels,
            traffic,
            budget,
            session::requested,
            () -> silent.set(0));
    long pings =
        vertx.setPeriodic(
            PING_MILLIS,
            _ -> {
              if (silent.incrementAndGet() > MOST_SILENT_PINGS) {
                socket.close((short) 1001, "no answer to pings");
              } else {
                channel.ping();
              }
            });
    socket.exceptionHandler(
        failure -> LOG.log(System.Logger.Level.DEBUG, "WebSocket failed: " + failure.getMessage()));
    socket.closeHandler(
        _ -> {
          vertx.cancelTimer(pings);
          Thread.ofVirtual().start(() -> rooms.leave(channel));
        });
    Thread.ofVirtual()
        .name("enter")
        .start(
            () -> {
              try {
                rooms.enter(channel, replayFrom);
                socket.resume();
              } catch (AgentException gone) {
                socket.close((short) 1011, String.valueOf(gone.getMessage()));
              } catch (IllegalStateException left) {
                LOG.log(System.Logger.Level.DEBUG, "client left while it entered");
              }
              if (socket.isClosed()) {
                // It may have been closed before it was in the room, where nobody missed it.
                rooms.leave(channel);
              }
            });
  }
}
