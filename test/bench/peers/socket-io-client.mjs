import { once } from 'node:events';
import { io } from 'socket.io-client';
import { endWithParent } from './announce.mjs';
import { answerJobs } from './answer.mjs';

/** Sockets that are being opened at any time. */
const abreast = 50;

/** @type {{ socket: import('socket.io-client').Socket, go: () => void }[]} */
let lines = [];
let tally = { count: 0, failed: 0, done: false };

/**
 * Opens sockets, or keeps `depth` messages under way on each that is open for the time, counts the echoes and closes them.
 *
 * @param {{ port: number, connections: number, depth: number, text: string } | { duration: number }} job
 */
function work(job) {
  return 'duration' in job ? use(job.duration) : open(job);
}

/** @param {{ port: number, connections: number, depth: number, text: string }} job */
async function open(job) {
  tally = { count: 0, failed: 0, done: false };
  while (lines.length < job.connections) {
    const more = Math.min(abreast, job.connections - lines.length);
    lines.push(...(await Promise.all(Array.from({ length: more }, () => openOne(job, tally)))));
  }
  return { count: 0, failed: 0, took: 0, busy: 0 };
}

/** @param {number} duration milliseconds */
async function use(duration) {
  const before = process.cpuUsage();
  const begun = performance.now();
  for (const { go } of lines) go();
  await new Promise((resolve) => setTimeout(resolve, duration));
  const took = performance.now() - begun;
  const { user, system } = process.cpuUsage(before);
  const { count, failed } = tally;
  tally.done = true;
  for (const { socket } of lines) socket.disconnect();
  lines = [];
  return { count, failed, took, busy: (user + system) / 1_000 / took };
}

/**
 * @param {{ port: number, depth: number, text: string }} job
 * @param {{ count: number, failed: number, done: boolean }} counted
 */
async function openOne({ port, depth, text }, counted) {
  const socket = io(`http://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true, reconnection: false });
  await once(socket, 'connect');
  let missing = 0;
  const go = () => {
    missing = depth;
    for (let sent = 0; sent < depth; sent++) socket.emit('message', text);
  };
  socket.on('message', () => {
    counted.count++;
    if (--missing === 0 && !counted.done) go();
  });
  socket.on('disconnect', () => (counted.failed += counted.done ? 0 : 1));
  return { socket, go };
}

endWithParent();
answerJobs(work);
