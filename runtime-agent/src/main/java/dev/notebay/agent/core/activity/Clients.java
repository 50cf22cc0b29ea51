package dev.notebay.agent.core.activity;

/** The people and programs connected by WebSocket. */
public interface Clients {
  int connected();

  /** Tells everybody who is connected, without waiting for anybody. */
  void announce(Notice notice);
}
