// An app in a process of its own: prints its port, then every request it gets as a line of JSON.
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const { method, url, rawHeaders } = request;
    process.stdout.write(`${JSON.stringify({ method, url, headers: rawHeaders, body: Buffer.concat(chunks).toString('base64') })}\n`);
    response.end();
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`port ${server.address().port}\n`));
