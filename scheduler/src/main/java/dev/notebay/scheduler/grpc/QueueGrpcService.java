package dev.notebay.scheduler.grpc;

import dev.notebay.proto.queue.v1.ApplyQueuesRequest;
import dev.notebay.proto.queue.v1.ApplyQueuesResponse;
import dev.notebay.proto.queue.v1.GetQueueRequest;
import dev.notebay.proto.queue.v1.ListQueuesRequest;
import dev.notebay.proto.queue.v1.ListQueuesResponse;
import dev.notebay.proto.queue.v1.Queue;
import dev.notebay.proto.queue.v1.QueueServiceGrpc;
import dev.notebay.rpc.Caller;
import dev.notebay.scheduler.core.SchedulerException.AdminRequired;
import dev.notebay.scheduler.core.SchedulerException.InvalidField;
import dev.notebay.scheduler.core.request.QueueChanges;
import dev.notebay.scheduler.core.request.QueueRequests;
import dev.notebay.scheduler.core.request.QueueView;
import dev.notebay.scheduler.core.session.SessionSpec;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Optional;

/** {@code notebay.queue.v1.QueueService}. */
public final class QueueGrpcService extends QueueServiceGrpc.QueueServiceImplBase {
  private final QueueRequests requests;

  public QueueGrpcService(QueueRequests requests) {
    this.requests = requests;
  }

  @Override
  public void applyQueues(ApplyQueuesRequest request, StreamObserver<ApplyQueuesResponse> out) {
    if (!Caller.current().has(Caller.Role.ADMIN)) {
      throw new AdminRequired("ApplyQueues");
    }
    QueueChanges changes =
        requests.apply(
            QueueParser.queues(request.getQueuesList()),
            Optional.of(request.getEtag()).filter(etag -> !etag.isEmpty()),
            request.getValidateOnly());
    out.onNext(
        ApplyQueuesResponse.newBuilder()
            .setEtag(changes.etag())
            .addAllCreated(names(changes.created()))
            .addAllUpdated(names(changes.updated()))
            .addAllDeleted(names(changes.deleted()))
            .build());
    out.onCompleted();
  }

  private static List<String> names(List<String> queues) {
    return queues.stream().map(QueueParser::nameOf).toList();
  }

  /** A page goes on after the last name of the page before: that is its token. */
  @Override
  public void listQueues(ListQueuesRequest request, StreamObserver<ListQueuesResponse> out) {
    int size = PageTokens.size(request.getPageSize());
    String after = request.getPageToken();
    if (!after.isEmpty() && !SessionSpec.isQueueName(after)) {
      throw new InvalidField("page_token", after, "the next_page_token of a request before");
    }
    QueueRequests.Listing listing = requests.list();
    List<QueueView> rest =
        listing.queues().stream()
            .filter(view -> view.spec().name().compareTo(after) > 0)
            .limit(size + 1L)
            .toList();
    List<QueueView> page = rest.subList(0, Math.min(size, rest.size()));
    var response = ListQueuesResponse.newBuilder().setEtag(listing.etag());
    page.forEach(view -> response.addQueues(QueueMessages.toMessage(view)));
    if (rest.size() > size) {
      response.setNextPageToken(page.getLast().spec().name());
    }
    out.onNext(response.build());
    out.onCompleted();
  }

  @Override
  public void getQueue(GetQueueRequest request, StreamObserver<Queue> out) {
    out.onNext(QueueMessages.toMessage(requests.get(QueueParser.name("name", request.getName()))));
    out.onCompleted();
  }
}
