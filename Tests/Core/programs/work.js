// Objects, buffers, JSON, promises, worker threads, child processes, compression.
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
const { execFileSync } = require('child_process');
const zlib = require('zlib');
const crypto = require('crypto');

if (!isMainThread) {
  const values = Array.from({ length: 20000 }, (_, i) => ({ i, text: `value ${i * workerData}` }));
  parentPort.postMessage(JSON.stringify(values).length);
} else {
  main();
}

function worker(number) {
  return new Promise((resolve, reject) => {
    const thread = new Worker(__filename, { workerData: number });
    thread.on('message', resolve);
    thread.on('error', reject);
  });
}

async function main() {
  const buffers = [];
  for (let i = 0; i < 300; i++) buffers.push(Buffer.alloc(i * 97, i % 251));
  const joined = Buffer.concat(buffers);
  const packed = zlib.gzipSync(joined);
  console.log(joined.length, packed.length, zlib.gunzipSync(packed).equals(joined));
  console.log(crypto.createHash('sha256').update(joined).digest('hex'));
  const map = new Map();
  for (let i = 0; i < 50000; i++) map.set(`key ${(i * 7919) % 10007}`, (map.get(`key ${(i * 7919) % 10007}`) || 0) + i);
  console.log([...map.entries()].sort((a, b) => b[1] - a[1]).slice(0, 3));
  console.log(await Promise.all([1, 2, 3].map(worker)));
  console.log(execFileSync('sh', ['-c', 'echo child; exit 0']).toString());
  const broken = await new Promise((resolve) => zlib.gunzip(Buffer.from('no gzip'), (error) => resolve(error.code)));
  console.log(broken);
  process.exitCode = 9;
}
