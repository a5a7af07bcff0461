/** The stand-in of the settings API as a process of its own: it says where it is, and is asked and told over a second port. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openGateway, type Payload } from './gateway.ts';

const { GATEWAY_PROXY: proxy, GATEWAY_CA: ca } = process.env;
const gateway = await openGateway({ proxy, ca: ca === undefined ? undefined : readFileSync(ca, 'utf8') });

const control = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  try {
    if (request.url === '/deliver')
      response.end(JSON.stringify(await gateway.deliver(JSON.parse(Buffer.concat(chunks).toString()) as Payload)));
    else if (request.url === '/calls') response.end(JSON.stringify(gateway.calls.map(({ call }) => call)));
    else response.end(gateway.settings);
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
});
control.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ url: gateway.url, control: `http://127.0.0.1:${(control.address() as AddressInfo).port}` })}\n`);
});
