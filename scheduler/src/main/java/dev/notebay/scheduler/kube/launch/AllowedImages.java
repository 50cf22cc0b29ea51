package dev.notebay.scheduler.kube.launch;

import dev.notebay.scheduler.core.request.ImageChoice;
import dev.notebay.scheduler.core.session.Image;
import dev.notebay.scheduler.kube.KubeSettings;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The images that the settings allow. */
public final class AllowedImages implements ImageChoice {
  private final KubeSettings.Images images;

  public AllowedImages(KubeSettings.Images images) {
    this.images = images;
  }

  @Override
  public Optional<String> fault(Image image) {
    return images.allows(image.reference())
        ? Optional.empty()
        : Optional.of(
            Stream.concat(Stream.of(images.usual()), images.allowed().stream())
                .collect(Collectors.joining(" or ")));
  }
}
