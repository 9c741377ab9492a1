/**
 * Records over gRPC, server to client, by npm @grpc/grpc-js: one call, a stream of messages over HTTP/2, a status in the trailers.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import * as grpc from "@grpc/grpc-js";
import { decodeRecords, encodeRecords } from "./protobuf.ts";
import type { NumberedRecord } from "./record.ts";

type Send = (records: readonly NumberedRecord[]) => void;

/** `service LogStream { rpc Follow (Nothing) returns (stream LogBatch); }` */
const FOLLOW: grpc.MethodDefinition<Uint8Array, readonly NumberedRecord[]> = {
  path: "/logs.LogStream/Follow",
  requestStream: false,
  responseStream: true,
  requestSerialize: (bytes) => Buffer.from(bytes),
  requestDeserialize: (bytes) => bytes,
  responseSerialize: (records) => Buffer.from(encodeRecords(records)),
  responseDeserialize: decodeRecords,
};

/** Serves `Follow`: `begin` is called for each call, with how to send a message and how to end. */
export async function serveGrpc(begin: (send: Send, end: () => void) => void) {
  const server = new grpc.Server();
  server.addService({ follow: FOLLOW }, {
    follow: (call: grpc.ServerWritableStream<Uint8Array, readonly NumberedRecord[]>) =>
      begin((records) => {
        if (!call.cancelled) call.write(records);
      }, () => call.end()),
  });
  const port = await new Promise<number>((done, fail) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error) fail(error);
      else done(bound);
    });
  });
  return { port, close: () => server.forceShutdown() };
}

/** Calls `Follow`; `ended` resolves to the status code of the call, 0 when all went well. */
export function followGrpc(port: number, receive: Send) {
  const options = { "grpc.max_receive_message_length": -1 };
  const insecure = grpc.credentials.createInsecure();
  const client = new grpc.Client(`127.0.0.1:${port}`, insecure, options);
  const { path, requestSerialize, responseDeserialize } = FOLLOW;
  const call = client.makeServerStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    new Uint8Array(0),
  );
  const ended = new Promise<number>((done) =>
    call.on("status", ({ code }: { code: number }) => done(code))
  );
  call.on("data", receive);
  call.on("error", () => {}); // the status says it
  return { ended, close: () => client.close() };
}
