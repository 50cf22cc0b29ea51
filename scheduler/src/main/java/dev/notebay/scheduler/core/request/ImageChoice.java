package dev.notebay.scheduler.core.request;

import dev.notebay.scheduler.core.session.Image;
import java.util.Optional;

/** Which container images sessions may run in. */
@FunctionalInterface
public interface ImageChoice {
  /** On one machine there are no containers. */
  ImageChoice NONE =
      _ ->
          Optional.of(
              "none: sessions of this installation run with this machine's Python; another one is"
                  + " NOTEBAY_PYTHON of './notebay up'");

  /** What would be right instead, for people; empty where a session may run in this image. */
  Optional<String> fault(Image image);
}
