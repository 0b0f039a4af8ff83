#!/usr/bin/env node
// A Switchhook plugin without Go: it refuses one-to-one messages that hold one of
// the words in its settings. README.md says how to run it, and
// docs/other-languages.md what of it every plugin needs.
'use strict';

const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');
const path = require('node:path');

// Standard output belongs to the handshake; all else goes to standard error,
// which the gateway reads into its log, a line each.
console.log = console.info = console.error;

// The gateway sets this variable, so that nobody runs a plugin by hand and waits.
if (process.env.SWITCHHOOK_PLUGIN !== '7c9a4c1e-callbacks-by-switchhook') {
  console.error('This is a plugin of the Switchhook gateway: name it in the gateway\'s file, under plugins.');
  process.exit(1);
}

const COMMAND = 'C2C.CallbackBeforeSendMsg';
const LARGEST = 9 << 20; // a message of the protocol; gRPC's own limit is 4 MiB
const SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties: {
    words: { type: 'array', items: { type: 'string' }, default: [], description: 'words that no message may hold' },
  },
  additionalProperties: false,
};

let settings = null; // null until Configure

// describe works before configure, and changes nothing.
function describe() {
  return {
    name: 'words',
    version: '0.1.0',
    language: 'node',
    claims: [{ pattern: COMMAND, idempotent: true }],
    instances: 'INSTANCES_SHARED',
    state: 'STATE_NONE',
    config_schema: Buffer.from(JSON.stringify(SCHEMA)),
    help: 'Refuses one-to-one messages that hold one of `words`.',
  };
}

// configure takes the settings. What is wrong with them stands in the response;
// a gRPC error would tell the operator nothing.
function configure({ config, dry_run }) {
  try {
    const given = readSettings(config);
    if (!dry_run) settings = given;
    return {};
  } catch (err) {
    return { error: err.message }; // one of those below
  }
}

function readSettings(config) {
  const given = config.length ? parse(config, 'the settings are no JSON') : {};
  if (given === null || typeof given !== 'object' || Array.isArray(given)) {
    throw new Error('the settings have to be an object');
  }
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(SCHEMA.properties, key)) throw new Error(`unknown key "${key}" (known: words)`);
  }
  const { words = [] } = given;
  if (!Array.isArray(words) || !words.every((word) => typeof word === 'string' && word !== '')) {
    throw new Error('words has to be a list of words');
  }
  return { words };
}

// parse reads JSON. The error of JSON.parse quotes what it read, and errors end in
// the gateway's log, where neither a secret nor what a user wrote belongs.
function parse(text, otherwise) {
  try {
    return JSON.parse(text.toString());
  } catch {
    throw new SyntaxError(otherwise);
  }
}

// handle answers one callback. Here it needs nothing but the body; a handler that
// asks others ends with the call: `call.getDeadline()`, `call.on('cancelled', …)`.
function handle({ command, body }) {
  if (settings === null) return { result: 'RESULT_FAILED', error_info: 'not configured yet' };
  if (command !== COMMAND) return { result: 'RESULT_UNSUPPORTED', error_info: `not claimed: ${command}` };
  const text = textOf(parse(body, 'the body is no JSON')); // throws when the body is not what the command promises
  if (settings.words.some((word) => text.includes(word))) {
    // 120001 to 130000 refuse with a text for the sender; 0 lets the message pass.
    return { result: 'RESULT_HANDLED', error_code: 120001, error_info: 'this message holds a word that is not allowed' };
  }
  return { result: 'RESULT_HANDLED' };
}

// textOf joins the texts of a message. Keys and kinds of elements that are new to
// it are let pass: Tencent adds some at any time.
function textOf(event) {
  if (event === null || !Array.isArray(event.MsgBody)) throw new TypeError('MsgBody is not a list');
  return event.MsgBody
    .filter((element) => element?.MsgType === 'TIMTextElem')
    .map((element) => String(element.MsgContent?.Text ?? ''))
    .join('\n');
}

// unary makes a method of a function. Whatever it throws is a result too, never a
// gRPC error and never the end of the process.
function unary(answer, failed) {
  return (call, done) => {
    let response;
    try {
      response = answer(call.request);
    } catch (err) {
      if (!failed) return done({ code: grpc.status.INTERNAL, message: err.message });
      response = failed(err);
    }
    done(null, response);
  };
}

function load(file) {
  const definition = loader.loadSync(file, { keepCase: true, longs: String, enums: String, defaults: true });
  return grpc.loadPackageDefinition(definition);
}

const { PluginService } = load(path.join(__dirname, '../../../sdk/wire/wirepb/plugin.proto')).switchhook.plugin.v1;
const { Health } = load(path.join(__dirname, 'health.proto')).grpc.health.v1;

const server = new grpc.Server({ 'grpc.max_receive_message_length': LARGEST, 'grpc.max_send_message_length': LARGEST });
server.addService(PluginService.service, {
  describe: unary(describe),
  configure: unary(configure),
  handle: unary(handle, (err) => ({ result: 'RESULT_MALFORMED', error_info: err.message })),
});
server.addService(Health.service, {
  // NOT_SERVING would show the plugin as unhealthy, and go on sending callbacks.
  check: unary(({ service }) => ({ status: service === 'plugin' ? 'SERVING' : 'SERVICE_UNKNOWN' })),
});

// stop finishes the calls under way, then ends; the socket goes with the server.
function stop() {
  server.tryShutdown(() => process.exit(0));
  setTimeout(() => server.forceShutdown(), 5000).unref();
}

process.on('SIGTERM', stop);
process.on('SIGINT', () => {}); // for the gateway: a terminal sends it to all
// When the gateway has died, nobody else ends this process.
const parent = process.ppid;
setInterval(() => { if (process.ppid !== parent) stop(); }, 1000).unref();

const socket = path.join(process.env.PLUGIN_UNIX_SOCKET_DIR, 'plugin');
server.bindAsync(`unix:${socket}`, grpc.ServerCredentials.createInsecure(), (err) => {
  if (err) throw err;
  // go-plugin's protocol 1, our protocol 1, where, how; after the last bar stands a
  // certificate where there is mTLS.
  process.stdout.write(`1|1|unix|${socket}|grpc|\n`);
});
