package dev.notebay.scheduler.core.request;

import dev.notebay.scheduler.core.queue.QueueSpec;
import dev.notebay.scheduler.core.queue.Queues;
import java.util.List;

/**
 * What applying queues changes.
 *
 * @param etag of what is there afterwards, or of what is there now if nothing was to be done
 * @param created names, in order; so are the other two
 */
public record QueueChanges(
    String etag, List<String> created, List<String> updated, List<String> deleted) {

  static QueueChanges between(Queues before, Queues after, String etag) {
    return new QueueChanges(
        etag,
        names(after).stream().filter(name -> before.find(name).isEmpty()).toList(),
        names(after).stream()
            .filter(name -> before.find(name).isPresent())
            .filter(name -> !before.find(name).equals(after.find(name)))
            .toList(),
        names(before).stream().filter(name -> after.find(name).isEmpty()).toList());
  }

  private static List<String> names(Queues queues) {
    return queues.all().stream().map(QueueSpec::name).toList();
  }
}
