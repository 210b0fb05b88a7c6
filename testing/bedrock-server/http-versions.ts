import { createServer as createHttp1Server, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer, type Server, type Socket } from 'node:net';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface EitherServer {
  readonly server: Server;
  /** Closes the server, including open connections. */
  close(): Promise<void>;
}

/** The beginning of a connection of HTTP/2, which no request of HTTP/1.1 has. */
const PREFACE = 'PRI * HTTP/2';

/**
 * A server for HTTP/1.1 and unencrypted HTTP/2 on one port: the SDK calls Bedrock with the former, and its runtime with the latter.
 * The requests and responses of Node.js have the same methods for both.
 */
export function createEitherServer(handler: Handler): EitherServer {
  const http1 = createHttp1Server(handler);
  const http2 = createHttp2Server(handler as unknown as Parameters<typeof createHttp2Server>[1]);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => {}); // a client that disconnects
    socket.once('data', (start: Buffer) => {
      socket.pause();
      socket.unshift(start);
      if (start.toString('latin1').startsWith(PREFACE)) {
        http2.emit('connection', socket); // reads what is buffered, and then the connection below the paused socket
      } else {
        http1.emit('connection', socket);
        socket.resume();
      }
    });
  });
  return {
    server,
    close: async () => new Promise<void>((resolve, reject) => {
      server.close((error) => error ? reject(error) : resolve());
      sockets.forEach((socket) => socket.destroy());
    }),
  };
}
