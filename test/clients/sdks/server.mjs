// node sdks/server.mjs CLIENT HOST: one SDK sends its events, given the host and the key that it demands.
// It prints what the SDK then tells its caller, as JSON: "stored", or the error.
import { randomUUID } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import net from 'node:net';

const told = send => new Promise((resolve, reject) => send(error => error ? reject(error) : resolve()));
const all = (...sends) => Promise.all(sends.map(told));

const clients = {
  async segment(host) {
    const { Analytics } = await import('@segment/analytics-node');
    const sdk = new Analytics({ writeKey: 'key', host });
    const done = all(
      cb => sdk.identify({ userId: 'u1', traits: { plan: 'pro' } }, cb),
      cb => sdk.track({ userId: 'u1', event: 'Order Completed', properties: { total: 1.50 } }, cb),
      cb => sdk.page({ userId: 'u1', name: 'Home' }, cb));
    await sdk.closeAndFlush();
    return done;
  },
  async 'segment-legacy'(host) {
    const { default: Analytics } = await import('analytics-node');
    const sdk = new Analytics('key', { host, flushInterval: 100 });
    await all(
      cb => sdk.identify({ userId: 'u1', traits: { plan: 'pro' } }, cb),
      cb => sdk.track({ userId: 'u1', event: 'Order Completed', properties: { total: 1.50 } }, cb),
      cb => sdk.page({ userId: 'u1', name: 'Home' }, cb));
  },
  async rudderstack(host) {
    const { default: Analytics } = await import('@rudderstack/rudder-sdk-node');
    const sdk = new Analytics('key', { dataPlaneUrl: host, flushInterval: 100 });
    await all(
      cb => sdk.identify({ userId: 'u1', traits: { plan: 'pro' } }, cb),
      cb => sdk.track({ userId: 'u1', event: 'Order Completed', properties: { total: 1.50 } }, cb),
      cb => sdk.page({ userId: 'u1', name: 'Home' }, cb));
  },
  async jitsu(host) {
    const { jitsuAnalytics } = await import('@jitsu/js');
    const sdk = jitsuAnalytics({ host, writeKey: 'key:secret' });
    await sdk.identify('u1', { plan: 'pro' });
    await sdk.track('Order Completed', { total: 1.50 });
    await sdk.page({ name: 'Home' });
  },
  async posthog(host) {
    const { PostHog } = await import('posthog-node');
    const sdk = new PostHog('key', { host, flushAt: 20 });
    const failed = new Promise((_, reject) => sdk.on('error', reject));
    failed.catch(() => {});
    for (const event of ['order', 'refund', 'visit']) {
      sdk.capture({ distinctId: 'u1', event, properties: { total: 1.50 } });
    }
    await Promise.race([sdk.shutdown(20_000), failed]);
  },
  snowplow: (host) => snowplow(host, 'post'),
  'snowplow-get': (host) => snowplow(host, 'get'),
  async mixpanel(host) {
    const sdk = await mixpanel(host);
    await all(
      cb => sdk.track('order', { distinct_id: 'u1', $insert_id: randomUUID(), total: 1.50 }, cb),
      cb => sdk.track_batch([
        { event: 'refund', properties: { distinct_id: 'u1', $insert_id: randomUUID() } },
        { event: 'visit', properties: { distinct_id: 'u1', $insert_id: randomUUID() } }], cb));
  },
  async 'mixpanel-people'(host) {
    const sdk = await mixpanel(host);
    await all(cb => sdk.people.set('u1', { plan: 'pro' }, cb));
  },
  async amplitude(host) {
    const sdk = await import('@amplitude/analytics-node');
    await sdk.init('key', { serverUrl: host + '/2/httpapi' }).promise;
    const sent = ['order', 'refund', 'visit'].map(type => sdk.track(type, { total: 1.50 }, { user_id: 'u1' }).promise);
    sdk.flush();
    for (const { code, message } of await Promise.all(sent)) if (code !== 200) throw new Error(`${code} ${message}`);
  },
  async matomo(host) {
    const { default: Matomo } = await import('matomo-tracker');
    const sdk = new Matomo(1, host + '/matomo.php');
    await new Promise((resolve, reject) => {
      sdk.on('error', reject);
      sdk.trackBulk([{ url: 'https://shop.example/a' }, { url: 'https://shop.example/b' }], () => resolve());
    });
  },
  async 'matomo-get'(host) {
    const { default: Matomo } = await import('matomo-tracker');
    const sdk = new Matomo(1, host + '/matomo.php');
    await new Promise((resolve, reject) => { // it says nothing of a success
      sdk.on('error', reject);
      subscribe('http.client.response.finish', () => setImmediate(resolve));
      sdk.track({ url: 'https://shop.example/', action_name: 'visit' });
    });
  },
  ga4: (host) => post(host + '/mp/collect?measurement_id=G-1&api_secret=secret', JSON.stringify(
    { client_id: 'c1', events: [{ name: 'order', params: { value: 1.50 } }, { name: 'visit', params: {} }] })),
  'otlp-logs': async (host) => {
    process.env.OTEL_EXPORTER_OTLP_ENDPOINT = host;
    const { LoggerProvider, SimpleLogRecordProcessor } = await import('@opentelemetry/sdk-logs');
    const { OTLPLogExporter } = await import('@opentelemetry/exporter-logs-otlp-http');
    await exported(new OTLPLogExporter(), exporter => {
      const sdk = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
      sdk.getLogger('shop').emit({ severityText: 'INFO', body: 'order' });
      return sdk.forceFlush();
    });
  },
  'otlp-traces': async (host) => {
    process.env.OTEL_EXPORTER_OTLP_ENDPOINT = host;
    const { TracerProvider, SimpleSpanProcessor } = await import('@opentelemetry/sdk-trace');
    const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
    await exported(new OTLPTraceExporter(), exporter => {
      const sdk = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
      sdk.getTracer('shop').startSpan('order').end();
      return sdk.forceFlush();
    });
  },
  'otlp-metrics': async (host) => {
    process.env.OTEL_EXPORTER_OTLP_ENDPOINT = host;
    const { MeterProvider, PeriodicExportingMetricReader } = await import('@opentelemetry/sdk-metrics');
    const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-http');
    await exported(new OTLPMetricExporter(), exporter => {
      const sdk = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
      sdk.getMeter('shop').createCounter('orders').add(1);
      return sdk.forceFlush();
    });
  },
  'cloudevents-binary': (host) => cloudevents(host, 'binary'),
  'cloudevents-structured': (host) => cloudevents(host, 'structured'),
  'cloudevents-batch': async (host) => {
    const { CloudEvent, httpTransport } = await import('cloudevents');
    const events = ['order', 'visit'].map(type => new CloudEvent({ type, source: '/shop', data: { total: 1.50 } }));
    const headers = { 'content-type': 'application/cloudevents-batch+json' };
    await httpTransport(host)({ headers, body: JSON.stringify(events) });
  },
  async sentry(host) {
    const sdk = await import('@sentry/node');
    sdk.init({ dsn: host.replace('//', '//key@') + '/42' });
    sdk.captureMessage('order');
    if (!await sdk.flush(10_000)) throw new Error('flush: false');
  },
  async winston(host) {
    const { createLogger, format, transports } = await import('winston');
    const { hostname, port } = new URL(host);
    await new Promise((resolve, reject) => {
      const http = new transports.Http({ host: hostname, port, path: '/events' });
      http.on('logged', resolve);
      http.on('warn', reject);
      createLogger({ format: format.json(), transports: [http] }).info('order');
    });
  },
  async loki(host) {
    const [{ default: pino }, { pinoLoki }] = await Promise.all([import('pino'), import('pino-loki')]);
    const errors = [];
    const stream = pinoLoki({ host, labels: { app: 'shop' } });
    console.error = (...args) => errors.push(args.join(' '));
    pino(stream).info('order');
    stream.end();
    await new Promise(resolve => stream.on('close', resolve));
    if (errors.length) throw new Error(errors[0]);
  },
};

async function snowplow(host, eventMethod) {
  const { newTracker, buildPageView, buildStructEvent } = await import('@snowplow/node-tracker');
  await new Promise((resolve, reject) => {
    let sent = 0;
    const sdk = newTracker({ namespace: 'shop', appId: 'shop' }, {
      endpoint: host, eventMethod, bufferSize: 1,
      onRequestSuccess: batch => (sent += batch.length) === 2 && resolve(),
      // What it keeps goes with the next event, or when the program says so.
      onRequestFailure: ({ status, message, willRetry }) =>
        willRetry ? setTimeout(() => sdk.flush(), 1000) : reject(new Error(status + ' ' + message)),
    });
    sdk.track(buildPageView({ pageUrl: 'https://shop.example/', pageTitle: 'Home' }));
    sdk.track(buildStructEvent({ category: 'shop', action: 'order', value: 1.50 }));
  });
}

async function mixpanel(host) {
  const { default: Mixpanel } = await import('mixpanel');
  const url = new URL(host);
  return Mixpanel.init('token', { host: url.host, protocol: 'http' });
}

async function cloudevents(host, mode) {
  const { CloudEvent, emitterFor, httpTransport } = await import('cloudevents');
  const emit = emitterFor(httpTransport(host), { mode });
  await emit(new CloudEvent({ type: 'order', source: '/shop', data: { total: 1.50 } }));
}

// exported has an exporter export something, and fails as it does.
function exported(exporter, run) {
  const send = exporter.export.bind(exporter);
  return new Promise((resolve, reject) => {
    exporter.export = (batch, done) => send(batch, result => {
      done(result);
      result.code === 0 ? resolve() : reject(result.error);
    });
    run(exporter);
  });
}

async function post(url, body) {
  const response = await fetch(url, { method: 'POST', body });
  if (!response.ok) throw new Error(response.status);
}

// Another host is not asked, and told of.
const elsewhere = new Set();
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  const [first] = args;
  const { host } = Array.isArray(first) ? first[0] : first;
  if (!host || ['127.0.0.1', 'localhost'].includes(host)) return connect.apply(this, args);
  elsewhere.add(host);
  process.nextTick(() => this.destroy(new Error('not a host of this test: ' + host)));
  return this;
};

const [, , name, host] = process.argv;
let tells = 'stored';
process.on('unhandledRejection', error => { tells = 'unhandled ' + error; });
try {
  await clients[name](host);
} catch (error) {
  tells = 'error: ' + (error?.message ?? JSON.stringify(error));
}
process.stdout.write(JSON.stringify({ tells, elsewhere: [...elsewhere] }) + '\n', () => process.exit());
