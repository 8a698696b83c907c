/** This device's time, once a second, paused or not: for ages of the connection. */
class SecondHand {
  now = $state(Date.now());

  start(): () => void {
    const timer = setInterval(() => (this.now = Date.now()), 1_000);
    return () => clearInterval(timer);
  }
}

export const secondHand = new SecondHand();
