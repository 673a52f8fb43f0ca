// The same for Node, Deno and Bun, each by the server that it is known for.
const large = "x".repeat(65536);
const hello = "Hello from Flash!";
const message = () => JSON.stringify({ message: "hello", id: 42, tags: ["a", "b", "c"] });
const port = Number((globalThis.Deno ? Deno.args : process.argv.slice(2))[0]);
const text = { "Content-Type": "text/plain; charset=utf-8" };
const json = { "Content-Type": "application/json" };
const answer = (path) =>
  path === "/" ? new Response(hello, { headers: text })
  : path === "/json" ? new Response(message(), { headers: json })
  : path === "/large" ? new Response(large, { headers: text })
  : new Response("not found", { status: 404 });
const path = (url) => url.slice(url.indexOf("/", 8));

if (globalThis.Bun) {
  Bun.serve({ port, hostname: "127.0.0.1", fetch: (req) => answer(path(req.url)) });
} else if (globalThis.Deno) {
  Deno.serve({ port, hostname: "127.0.0.1", onListen() {} }, (req) => answer(path(req.url)));
} else {
  const { createServer } = await import("node:http");
  createServer((req, res) => {
    const [type, body] = req.url === "/" ? [text, hello] : req.url === "/json" ? [json, message()] : [text, large];
    res.writeHead(200, { ...type, "Content-Length": Buffer.byteLength(body) });
    res.end(body);
  }).listen(port, "127.0.0.1");
}
