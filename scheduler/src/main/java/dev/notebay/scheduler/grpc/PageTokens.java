package dev.notebay.scheduler.grpc;

import dev.notebay.scheduler.core.SchedulerException.InvalidField;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.core.session.SessionStore.Cursor;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Base64;
import java.util.Optional;

/**
 * Page tokens of ListSessions: opaque to callers, bound to the arguments they were given for, and
 * granting nothing (the query is by owner).
 */
final class PageTokens {
  private static final int DEFAULT_SIZE = 50;
  private static final int MAXIMUM_SIZE = 1000;

  private PageTokens() {}

  static int size(int asked) {
    if (asked < 0) {
      throw new InvalidField("page_size", Integer.toString(asked), ">= 0");
    }
    return asked == 0 ? DEFAULT_SIZE : Math.min(asked, MAXIMUM_SIZE);
  }

  static String encode(Cursor cursor, Owner owner, boolean showEnded) {
    String text =
        cursor.created() + " " + cursor.id() + " " + showEnded + " " + owner.subject().hashCode();
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  static Optional<Cursor> decode(String token, Owner owner, boolean showEnded) {
    if (token.isEmpty()) {
      return Optional.empty();
    }
    try {
      String text = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
      String[] parts = text.split(" ", 5);
      if (parts.length == 4
          && parts[2].equals(Boolean.toString(showEnded))
          && parts[3].equals(Integer.toString(owner.subject().hashCode()))) {
        Instant created = Instant.parse(parts[0]);
        Optional<Cursor> cursor = SessionId.parse(parts[1]).map(id -> new Cursor(created, id));
        if (cursor.isPresent()) {
          return cursor;
        }
      }
    } catch (IllegalArgumentException | DateTimeParseException malformed) {
      throw refused(token);
    }
    throw refused(token);
  }

  private static InvalidField refused(String token) {
    return new InvalidField(
        "page_token", token, "the next_page_token of a request with the same other arguments");
  }
}
