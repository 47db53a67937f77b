// Starts the visitor list. README.md names the settings.

import { readFileSync } from 'node:fs';
import http from 'node:http';
import { SignIn } from './signin.mjs';
import { Visitors } from './visitors.mjs';

const { PACTIUS_URL, CLIENT_ID, CLIENT_SECRET_FILE, VISITORS_URL, LISTEN } = process.env;
if (!PACTIUS_URL || !CLIENT_ID || !CLIENT_SECRET_FILE) {
  console.error('Set PACTIUS_URL, CLIENT_ID and CLIENT_SECRET_FILE; README.md explains them.');
  process.exit(2);
}
const log = (text) => console.log(`${new Date().toISOString()} ${text}`);
const settings = {
  issuer: PACTIUS_URL.replace(/\/$/, ''),
  clientId: CLIENT_ID,
  clientSecret: readFileSync(CLIENT_SECRET_FILE, 'utf8').trim(),
  origin: (VISITORS_URL ?? 'http://visitors.localhost:8095').replace(/\/$/, ''),
};
const visitors = new Visitors(new SignIn(settings), settings, log);
const server = http.createServer((req, res) => {
  visitors.handle(req, res).catch((err) => {
    log(`${err.name}: ${err.message}`);
    res.destroy();
  });
});
const [host, port] = (LISTEN ?? '127.0.0.1:8095').split(':');
server.listen(Number(port), host, () => log(`Visitors is open at ${settings.origin}`));
