// The mail catcher: maildev on the loopback interface. It prints one line of
// JSON when it is ready, {"smtp":"127.0.0.1:PORT","web":"http://127.0.0.1:PORT"},
// and ends when its standard input is closed. The first argument is the folder
// for the mails.

import { createRequire } from 'node:module';
import { once } from 'node:events';

const require = createRequire(import.meta.url);
const mailserver = require('maildev/lib/mailserver');
const web = require('maildev/lib/web');
const logger = require('maildev/lib/logger');

const HOST = '127.0.0.1';
const ANY = '0'; // maildev takes a number 0 for "not set"; as text the kernel chooses

logger.setLevel(0);
mailserver.create(ANY, HOST, process.argv[2]);
await mailserver.listen();
web.start(ANY, HOST, mailserver, '', '', '/', { https: false });
if (!web.server.listening) await once(web.server, 'listening');
console.log(JSON.stringify({
  smtp: `${HOST}:${mailserver.smtp.server.address().port}`,
  web: `http://${HOST}:${web.server.address().port}`,
}));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
