package dev.notebay.scheduler.postgres;

import dev.notebay.scheduler.core.SchedulerException.StoreUnavailable;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * Lets calls that come while one is under way be done together after it, as databases do with
 * commits. A call that comes alone is done alone, at once.
 *
 * <p>Each caller has its own answer or failure: where calls fail together for another reason than
 * that the store is away, each is done again by itself.
 */
final class Combiner<Q, A> {
  private final int most;
  private final Function<List<Q>, List<A>> work;
  private final Queue<Call<Q, A>> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicInteger calls = new AtomicInteger();

  /**
   * @param most how many calls are done together at most
   * @param work answers some calls, in their order; never called by two threads at once
   */
  Combiner(int most, Function<List<Q>, List<A>> work) {
    this.most = most;
    this.work = work;
  }

  private record Call<Q, A>(Q question, CompletableFuture<A> answer) {}

  A call(Q question) {
    var call = new Call<Q, A>(question, new CompletableFuture<>());
    waiting.add(call);
    if (calls.getAndIncrement() == 0) {
      // Not by this caller: it would have to go on for as long as others come.
      Thread.ofVirtual().name("combiner").start(this::answerAll);
    }
    try {
      return call.answer().join();
    } catch (CompletionException failed) {
      if (failed.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw failed;
    }
  }

  private void answerAll() {
    int answered = 0;
    do {
      List<Call<Q, A>> batch = new ArrayList<>();
      while (batch.size() < most && waiting.peek() != null) {
        batch.add(waiting.remove());
      }
      answer(batch);
      answered = batch.size();
    } while (calls.addAndGet(-answered) > 0);
  }

  private void answer(List<Call<Q, A>> batch) {
    try {
      List<A> answers = work.apply(batch.stream().map(Call::question).toList());
      for (int i = 0; i < batch.size(); i++) {
        batch.get(i).answer().complete(answers.get(i));
      }
    } catch (RuntimeException | Error failure) {
      if (batch.size() > 1 && !(failure instanceof StoreUnavailable)) {
        batch.forEach(call -> answer(List.of(call)));
      } else {
        batch.forEach(call -> call.answer().completeExceptionally(failure));
      }
    }
  }
}
