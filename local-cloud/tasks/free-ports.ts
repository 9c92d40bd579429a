// Host ports for containers: free at the moment of asking, and not given twice.
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

export class FreePorts {
  private readonly given = new Set<number>();

  async take(): Promise<number> {
    for (;;) {
      const port = await askSystem();
      if (this.given.has(port)) continue;
      this.given.add(port);
      return port;
    }
  }

  giveBack(ports: Iterable<number>): void {
    for (const port of ports) this.given.delete(port);
  }
}

const askSystem = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
