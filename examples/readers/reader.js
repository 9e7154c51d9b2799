// Keeps a copy of all matters: from the compacted topic first, then change by change.
// usage: npm install && node reader.js BOOTSTRAP STATE.json [--once]
// STATE.json holds the matters and, for each lane, the gb_seq of the last change they contain;
// both are written together, so the reader may be stopped or killed at any time and goes on.

const fs = require("fs");
const { Kafka, logLevel } = require("kafkajs");

const [bootstrap, path, mode] = process.argv.slice(2);
const kafka = new Kafka({ brokers: [bootstrap], clientId: "reader", logLevel: logLevel.ERROR });
const SILENCE_MS = 3000; // after so long without a record a topic is at its end

let stopped = false;
let state = null;

function save() {
  fs.writeFileSync(path + ".new", JSON.stringify(state));
  fs.renameSync(path + ".new", path);
}

function header(message, name) {
  return message.headers[name].toString();
}

function takeMatter(lane, message) {
  const id = message.key.toString();
  if (message.value === null) delete state.matters[id];
  else state.matters[id] = JSON.parse(message.value);
  state.seq[lane] = Number(header(message, "gb_change_seq"));
}

function takeChange(lane, message) {
  const seq = Number(header(message, "gb_seq"));
  const stream = header(message, "gb_stream");
  const last = state.seq[lane] || 0;
  if ((state.stream && state.stream !== stream) || seq > last + 1) {
    console.error(`lane ${lane}: gb_seq ${seq} after ${last}, stream ${stream}: ` +
                  `remove ${path} and begin again`);
    process.exit(1);
  }
  if (seq <= last) return; // contained already
  const change = JSON.parse(message.value);
  if (change.change.startsWith("matter.")) {
    const matter = state.matters[change.matter] || {};
    for (const name of Object.keys(change.before)) delete matter[name];
    Object.assign(matter, change.after);
    if (Object.keys(matter).length > 0) state.matters[change.matter] = matter;
    else delete state.matters[change.matter];
  }
  state.stream = stream;
  state.seq[lane] = seq;
  console.log(lane, seq, change.change);
}

// Records of a topic from behind the state, or from the beginning; once: until it is silent.
async function read(topic, fromState, once, take) {
  // kafkajs joins a group to read; each run takes one of its own, positions are in the state.
  const groupId = `reader-${process.pid}-${topic}`;
  const consumer = kafka.consumer({ groupId, readUncommitted: false, maxWaitTimeInMs: 500 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const joined = new Promise((yes) => consumer.on(consumer.events.GROUP_JOIN, yes));
  let heard = 0;
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch, resolveOffset, heartbeat }) => {
      for (const message of batch.messages) {
        take(String(batch.partition), message);
        resolveOffset(message.offset);
      }
      save();
      heard = Date.now();
      await heartbeat();
    },
  });
  // Markers of transactions take offsets too: gb_seq n stands at offset n - 1 or later.
  for (const [lane, seq] of Object.entries(fromState ? state.seq : {})) {
    consumer.seek({ topic, partition: Number(lane), offset: String(seq) });
  }
  await joined;
  heard = Date.now();
  while (!stopped && !(once && Date.now() - heard > SILENCE_MS)) {
    await new Promise((yes) => setTimeout(yes, 100));
  }
  await consumer.disconnect();
}

async function main() {
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => { stopped = true; });
  const known = fs.existsSync(path);
  state = known ? JSON.parse(fs.readFileSync(path)) : { stream: null, seq: {}, matters: {} };
  if (!known) await read("gb.matter", false, true, takeMatter);
  if (!stopped) await read("gb.change", true, mode === "--once", takeChange);
  save();
}

main().catch((error) => { console.error(error); process.exit(1); });
