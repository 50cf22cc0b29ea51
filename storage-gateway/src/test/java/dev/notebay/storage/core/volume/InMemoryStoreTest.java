package dev.notebay.storage.core.volume;

import dev.notebay.storage.core.mount.MountStore;

class InMemoryStoreTest extends StoreContract {
  private final InMemoryStore store = new InMemoryStore();

  @Override
  protected VolumeStore volumes() {
    return store;
  }

  @Override
  protected MountStore mounts() {
    return store;
  }
}
