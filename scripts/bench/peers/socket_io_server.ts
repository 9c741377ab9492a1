/**
 * npm socket.io as a process that sends changes on demand; see `fanout.ts`.
 *
 * A room a user, as its documentation does presence; each watcher joins the rooms of its friends.
 *
 * @module
 */
import { createServer } from "node:http";
import { Server } from "socket.io";
import { serveChanges } from "./serve_changes.ts";

const http = createServer();
const io = new Server(http, { transports: ["websocket"] });
io.on("connection", (socket) => {
  socket.on("subscribe", (userIds: string[]) => {
    socket.join(userIds);
    socket.emit("subscribed");
  });
});
await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
const { port } = http.address() as { port: number };
await serveChanges(port, (userId, state, sinceMs) => {
  io.to(userId).emit("presence", { userId, state, sinceMs });
});
await io.close();
