import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A key and a self-signed certificate for localhost, 127.0.0.1 and app.example, for tests alone; they protect nothing. */
export const TEST_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgCB/mfWDKGfc3Fh4b
LCbPvEN122QdiBOY4yFajbQDFDGhRANCAASRi4aRiIPy9l72IWdd47RQL+PaL3Xm
dGtJrjrKEi/0oBsoyQn0G3PcDStaDkFh84yKnEPgWFgmt+zpU2nIOUpM
-----END PRIVATE KEY-----
`;
export const TEST_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBtTCCAVygAwIBAgIURoBh1WMNYzYFeau0xX1XWvQ4dUQwCgYIKoZIzj0EAwIw
GzEZMBcGA1UEAwwQd2hhcGktaG9va3MgdGVzdDAgFw0yNjExMjQxNjM3MDdaGA8y
MTI2MTAzMTE2MzcwN1owGzEZMBcGA1UEAwwQd2hhcGktaG9va3MgdGVzdDBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABJGLhpGIg/L2XvYhZ13jtFAv49ovdeZ0a0mu
OsoSL/SgGyjJCfQbc9wNK1oOQWHzjIqcQ+BYWCa37OlTacg5SkyjfDB6MB0GA1Ud
DgQWBBTSyWJcRza+PhHflKX+9rrj3TUL+TAfBgNVHSMEGDAWgBTSyWJcRza+PhHf
lKX+9rrj3TUL+TAPBgNVHRMBAf8EBTADAQH/MCcGA1UdEQQgMB6CCWxvY2FsaG9z
dIILYXBwLmV4YW1wbGWHBH8AAAEwCgYIKoZIzj0EAwIDRwAwRAIgdSuNdwh6plEC
g6b4XEeWZb1Hs/Hqs5hsZ4h/MtZJLt8CIFGb+bEuNR+b2tVfSfwLetXFfzndyiTJ
fEoNnFe7301T
-----END CERTIFICATE-----
`;

/** An app behind TLS with the certificate above. */
export const startTlsApp = async (): Promise<{ port: number; received: string[] }> => {
  const received: string[] = [];
  const server = createHttps({ key: TEST_KEY, cert: TEST_CERTIFICATE }, (request, response) => {
    received.push(`${request.method} ${request.url} ${request.headers.host}`);
    request.resume().on('end', () => response.end('ok'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, received };
};

/** A proxy that leads everything to one port of this machine, and keeps what it was asked. */
export const startProxy = async (
  to: number,
  refuses?: number,
): Promise<{ url: string; asked: { line: string; headers: IncomingMessage['headers']; raw: string[] }[] }> => {
  const asked: { line: string; headers: IncomingMessage['headers']; raw: string[] }[] = [];
  const sockets = new Set<Socket>();
  const note = (request: IncomingMessage): void =>
    void asked.push({ line: `${request.method} ${request.url}`, headers: request.headers, raw: request.rawHeaders });
  const server = createServer((request, response) => {
    note(request);
    request.resume().on('end', () => response.writeHead(refuses ?? 200).end('from the proxy'));
  });
  server.on('connect', (request, client: Socket) => {
    note(request);
    if (refuses !== undefined) {
      client.end(`HTTP/1.1 ${refuses} No\r\n\r\n`);
      return;
    }
    const upstream = connect(to, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
};
