package dev.notebay.cli.jupyter;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/** Is told what the kernel says while it runs one piece of code. */
public interface CellListener {
  /** Something on IOPub, or the reply itself, each once and in order. */
  void said(KernelMessage message);

  /** What the kernel says about its language. */
  void languageInfo(JsonNode info);

  /** Whether somebody can answer the kernel's questions. */
  boolean canAnswer();

  /** Asks somebody; empty where no answer will come. Called on a thread of its own. */
  Optional<String> answer(String prompt, boolean secret);

  /** Something a person should know about the connection. */
  void note(String line);
}
