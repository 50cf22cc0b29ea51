package dev.notebay.cli.fake;

import dev.notebay.proto.queue.v1.ApplyQueuesRequest;
import dev.notebay.proto.queue.v1.ApplyQueuesResponse;
import dev.notebay.proto.queue.v1.ClassUsage;
import dev.notebay.proto.queue.v1.GetQueueRequest;
import dev.notebay.proto.queue.v1.ListQueuesRequest;
import dev.notebay.proto.queue.v1.ListQueuesResponse;
import dev.notebay.proto.queue.v1.Queue;
import dev.notebay.proto.queue.v1.QueueServiceGrpc.QueueServiceImplBase;
import dev.notebay.rpc.ErrorStatus;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Queues that are what was applied last, and of which each uses one half of a device. */
public final class FakeQueues extends QueueServiceImplBase {
  private final List<ApplyQueuesRequest> applied = new CopyOnWriteArrayList<>();
  private volatile List<Queue> queues = List.of();
  private volatile @Nullable ErrorStatus refusal;

  /** Every change from now on is refused. */
  public void refuse(ErrorStatus error) {
    refusal = error;
  }

  public List<ApplyQueuesRequest> applied() {
    return List.copyOf(applied);
  }

  @Override
  public void applyQueues(ApplyQueuesRequest request, StreamObserver<ApplyQueuesResponse> answer) {
    ErrorStatus error = refusal;
    if (error != null) {
      throw error.toException();
    }
    applied.add(request);
    var response = ApplyQueuesResponse.newBuilder();
    List<String> before = new ArrayList<>(queues.stream().map(Queue::getName).toList());
    for (Queue queue : request.getQueuesList()) {
      if (!before.remove(queue.getName())) {
        response.addCreated(queue.getName());
      }
    }
    answer.onNext(response.addAllDeleted(before).build());
    answer.onCompleted();
    if (!request.getValidateOnly()) {
      queues = request.getQueuesList();
    }
  }

  @Override
  public void listQueues(ListQueuesRequest request, StreamObserver<ListQueuesResponse> answer) {
    answer.onNext(
        ListQueuesResponse.newBuilder()
            .addAllQueues(queues.stream().map(FakeQueues::inUse).toList())
            .build());
    answer.onCompleted();
  }

  @Override
  public void getQueue(GetQueueRequest request, StreamObserver<Queue> answer) {
    answer.onNext(
        queues.stream()
            .filter(queue -> queue.getName().equals(request.getName()))
            .map(FakeQueues::inUse)
            .findFirst()
            .orElseThrow(
                () ->
                    ErrorStatus.of(Status.Code.NOT_FOUND, "QUEUE_NOT_FOUND", "no such queue")
                        .toException()));
    answer.onCompleted();
  }

  private static Queue inUse(Queue queue) {
    return queue.toBuilder()
        .setFairShare(0.75)
        .setRunningSessions(1)
        .setWaitingSessions(2)
        .addUsage(
            ClassUsage.newBuilder()
                .setAccelerator("nvidia-t4")
                .setNominalMilli(2000)
                .setInUseMilli(2500)
                .setBorrowedMilli(500)
                .setWaitingMilli(3000)
                .setShare(0.25))
        .build();
  }
}
