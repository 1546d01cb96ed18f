// npm's mqtt as a page would use it: subscribes to site/#, says hello, prints what comes, and stays through restarts.
// Usage: node npm_client.cjs URL [CA CERTIFICATE KEY]
const fs = require('fs');
const mqtt = require('mqtt');

const [url, ...files] = process.argv.slice(2);
const [ca, cert, key] = files.map((file) => fs.readFileSync(file));
const client = mqtt.connect(url, { protocolVersion: 5, reconnectPeriod: 100, connectTimeout: 5000, ca, cert, key });

client.on('connect', () => {
  client.subscribe('site/#', { qos: 1 }, (error) => {
    console.log(error ? `not subscribed: ${error.message}` : 'subscribed');
    client.publish('site/npm', 'hello', { qos: 1 }, (refused) => {
      console.log(refused ? `refused: ${refused.message}` : 'acked');
    });
  });
});
client.on('message', (topic, payload) => console.log(`${topic} ${payload}`));
client.on('error', (error) => console.error(error.message));
