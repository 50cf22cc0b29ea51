package dev.notebay.agent.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.agent.core.wire.Channel;
import org.junit.jupiter.api.Test;

class RequestsTest {
  private final Requests requests = new Requests();

  private void sent(String id, String type, Channel channel) {
    requests.sent(id, type, channel, new byte[0], 0);
  }

  @Test
  void isBusyFromTheSendingOfACellToItsEnd() {
    assertThat(requests.busy()).isFalse();
    sent("a", "execute_request", Channel.SHELL);
    assertThat(requests.busy()).isTrue();
    requests.status("a", "busy");
    requests.answered("a", Channel.SHELL);
    assertThat(requests.busy()).isTrue();
    requests.status("a", "idle");
    assertThat(requests.busy()).isFalse();
    assertThat(requests.open()).isEmpty();
  }

  @Test
  void aShortRequestDoesNotMakeALongCellLookIdle() {
    sent("cell", "execute_request", Channel.SHELL);
    requests.status("cell", "busy");
    sent("info", "kernel_info_request", Channel.CONTROL);
    requests.status("info", "busy");
    requests.answered("info", Channel.CONTROL);
    requests.status("info", "idle");
    assertThat(requests.busy()).isTrue();
  }

  @Test
  void aRequestThatIsNeverAnsweredDoesNotKeepItBusy() {
    sent("bad", "execute_request", Channel.SHELL);
    requests.status("bad", "busy");
    requests.status("bad", "idle");
    assertThat(requests.busy()).isFalse();
    assertThat(requests.open()).singleElement().matches(request -> request.begun());
  }

  @Test
  void waitsForInputUntilItIsGivenOrTheCellEnds() {
    requests.status("a", "busy");
    requests.inputAsked("a");
    assertThat(requests.waitingForInput()).isTrue();
    requests.inputGiven();
    assertThat(requests.waitingForInput()).isFalse();
    requests.inputAsked("a");
    requests.status("b", "idle");
    assertThat(requests.waitingForInput()).isTrue();
    requests.status("a", "idle");
    assertThat(requests.waitingForInput()).isFalse();
  }

  @Test
  void anAnswerOnAnotherChannelIsNone() {
    sent("a", "execute_request", Channel.SHELL);
    requests.answered("a", Channel.CONTROL);
    assertThat(requests.open()).hasSize(1);
  }
}
