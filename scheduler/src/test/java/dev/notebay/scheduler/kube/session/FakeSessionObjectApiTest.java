package dev.notebay.scheduler.kube.session;

import java.util.Optional;

class FakeSessionObjectApiTest extends SessionObjectApiContract {
  private final FakeSessionObjectApi api =
      new FakeSessionObjectApi(new SessionObjectCache(() -> {}));

  @Override
  SessionObjectApi api() {
    return api;
  }

  @Override
  String namespace() {
    return "sessions";
  }

  @Override
  NotebookSession personCreates(NotebookSession object) {
    return api.person(object);
  }

  @Override
  void personDeletes(String name) {
    api.personDeletes(name);
  }

  @Override
  Optional<NotebookSession> find(String name) {
    return api.all().stream()
        .filter(object -> object.getMetadata().getName().equals(name))
        .findFirst();
  }
}
