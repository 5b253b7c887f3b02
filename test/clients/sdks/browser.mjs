// run(CLIENT, HOST) has one SDK, or the page itself, send its events, given the host and the key that it demands.
// It returns what the page is then told: "stored", or the error.
const wait = ms => new Promise(resolve => setTimeout(resolve, ms));

const clients = {
  segment: host => segment(host, {}),
  'segment-batch': host =>
    segment(host, { deliveryStrategy: { strategy: 'batching', config: { size: 3, timeout: 500 } } }),
  rudderstack: host => rudderstack(host, {}),
  'rudderstack-beacon': host => rudderstack(host, { useBeacon: true, beaconQueueOptions: { flushQueueInterval: 500 } }),
  async jitsu(host) {
    const { jitsuAnalytics } = await import('@jitsu/js');
    const sdk = jitsuAnalytics({ host, writeKey: 'key:secret' });
    await sdk.identify('u1', { plan: 'pro' });
    await sdk.track('Order Completed', { total: 1.50 });
    await sdk.page({ name: 'Home' });
  },
  async posthog(host) {
    const { default: sdk } = await import('posthog-js');
    sdk.init('key', {
      api_host: host, autocapture: false, capture_pageview: false, capture_pageleave: false,
      opt_out_useragent_filter: true, // a headless browser is a bot, whose events it drops
    });
    for (const event of ['order', 'refund', 'visit']) sdk.capture(event, { total: 1.50 });
  },
  async snowplow(host) {
    const { flushBuffer, newTracker, trackPageView, trackStructEvent } = await import('@snowplow/browser-tracker');
    await new Promise((resolve, reject) => {
      let sent = 0;
      newTracker('shop', host, {
        appId: 'shop',
        onRequestSuccess: batch => (sent += batch.length) === 2 && resolve(),
        // What it keeps goes with the next event, or when the page says so.
        onRequestFailure: ({ status, message, willRetry }) =>
          willRetry ? setTimeout(flushBuffer, 1000) : reject(new Error(status + ' ' + message)),
      });
      trackPageView({ title: 'Home' });
      trackStructEvent({ category: 'shop', action: 'order', value: 1.50 });
    });
  },
  async mixpanel(host) {
    const { default: sdk } = await import('mixpanel-browser');
    sdk.init('token', { api_host: host, track_pageview: false });
    await Promise.all(['order', 'refund', 'visit'].map(event => new Promise((resolve, reject) =>
      sdk.track(event, { total: 1.50 }, { send_immediately: true }, answer =>
        answer === 1 || answer.status === 1 ? resolve() : reject(new Error(answer.error ?? JSON.stringify(answer)))))));
  },
  async amplitude(host) {
    const sdk = await import('@amplitude/analytics-browser');
    await sdk.init('key', { serverUrl: host + '/2/httpapi', autocapture: false }).promise;
    const sent = ['order', 'refund', 'visit'].map(type => sdk.track(type, { total: 1.50 }).promise);
    for (const { code, message } of await Promise.all(sent)) if (code !== 200) throw new Error(`${code} ${message}`);
  },
  async clickstream(host) {
    const { ClickstreamAnalytics, SendMode } = await import('@aws/clickstream-web');
    ClickstreamAnalytics.init({
      appId: 'shop', endpoint: host + '/collect', sendMode: SendMode.Immediate,
      isTrackPageViewEvents: false, isTrackUserEngagementEvents: false, isTrackClickEvents: false,
      isTrackScrollEvents: false, isTrackSearchEvents: false, isTrackPageLoadEvents: false,
      isTrackAppStartEvents: false, isTrackAppEndEvents: false,
    });
    ClickstreamAnalytics.record({ name: 'order', attributes: { total: 1.50 } });
    ClickstreamAnalytics.record({ name: 'visit' });
    await wait(2000);
    ClickstreamAnalytics.record({ name: 'leave' }); // what it keeps goes after an event that is stored
  },
  sentry: host => sentry({ dsn: host.replace('//', '//key@') + '/42' }),
  'sentry-tunnel': host => sentry({ dsn: 'https://key@sentry.example/42', tunnel: host + '/events' }),
  async 'otlp-logs'(host) {
    const { LoggerProvider, SimpleLogRecordProcessor } = await import('@opentelemetry/sdk-logs');
    const { OTLPLogExporter } = await import('@opentelemetry/exporter-logs-otlp-http');
    const exporter = new OTLPLogExporter({ url: host + '/v1/logs' });
    const send = exporter.export.bind(exporter);
    await new Promise((resolve, reject) => {
      exporter.export = (batch, done) => send(batch, result => {
        done(result);
        result.code === 0 ? resolve() : reject(result.error);
      });
      const sdk = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
      sdk.getLogger('shop').emit({ severityText: 'INFO', body: 'order' });
    });
  },
  async faro(host) {
    const { initializeFaro } = await import('@grafana/faro-web-sdk');
    initializeFaro({ url: host + '/events', app: { name: 'shop' }, instrumentations: [] }).api.pushEvent('order');
  },
  async datadog(host) { // it sends when the page is left
    const { datadogLogs } = await import('@datadog/browser-logs');
    datadogLogs.init({ clientToken: 'key', proxy: host + '/events', telemetrySampleRate: 0 });
    datadogLogs.logger.info('order');
    datadogLogs.logger.info('visit');
    while (!datadogLogs.getInternalContext()) await wait(10); // it has no session yet, and would send nothing
  },
  async 'web-vitals'(host) { // they are sent when the page is left
    const { onCLS, onFCP, onLCP, onTTFB } = await import('web-vitals');
    const queue = [];
    const keep = ({ name, value, id }) => queue.push({ type: name, value, id });
    for (const observe of [onCLS, onFCP, onLCP, onTTFB]) observe(keep);
    addEventListener('visibilitychange', () => {
      if (document.visibilityState !== 'hidden' || queue.length === 0) return;
      navigator.sendBeacon(host + '/events', JSON.stringify(queue.splice(0)));
    });
    await new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    await wait(200);
  },
  fetch: async host => readable(await fetch(host + '/events', { method: 'POST', body: event })),
  beacon: async host => taken(navigator.sendBeacon(host + '/events', new Blob([event], { type: 'application/json' }))),
  'beacon-form': async host => taken(navigator.sendBeacon(host + '/events', fields(new URLSearchParams()))),
  'beacon-multipart': async host => taken(navigator.sendBeacon(host + '/events', fields(new FormData()))),
  form: host => new Promise(resolve => {
    document.body.innerHTML = `<iframe name=answer></iframe><form method=post target=answer action="${host}/events">
      <input name=type value=order><input name=id value=f1><input name=total value=1.50></form>`;
    document.querySelector('iframe').onload = resolve;
    document.querySelector('form').submit();
  }),
  image: host => new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = resolve;
    image.onerror = () => reject(new Error('the image is broken'));
    image.src = host + '/events?type=order&id=i1&total=1.50';
  }),
};

const event = '{"type":"order","id":"e1","total":1.50}';

function fields(form) {
  for (const [name, value] of Object.entries(JSON.parse(event))) form.append(name, value);
  return form;
}

function taken(queued) {
  if (!queued) throw new Error('sendBeacon: false');
}

async function readable(response) {
  const { id, message } = await response.json();
  if (!id) throw new Error(response.status + ' ' + message);
}

async function segment(host, options) {
  const { AnalyticsBrowser } = await import('@segment/analytics-next');
  const { protocol, host: name } = new URL(host);
  const [sdk] = await AnalyticsBrowser.load({
    writeKey: 'key', // and what its CDN would say
    cdnSettings: {
      integrations: {
        'Segment.io': { apiKey: 'key', apiHost: name + '/v1', protocol: protocol.slice(0, -1), ...options },
      },
    },
  });
  await Promise.all([
    sdk.identify('u1', { plan: 'pro' }), sdk.track('Order Completed', { total: 1.50 }), sdk.page('Home'),
  ]);
}

async function sentry(options) {
  const sdk = await import('@sentry/browser');
  sdk.init(options);
  sdk.captureMessage('order');
  if (!await sdk.flush(10_000)) throw new Error('flush: false');
}

async function rudderstack(host, options) {
  const { RudderAnalytics } = await import('@rudderstack/analytics-js/bundled');
  const sdk = new RudderAnalytics();
  const source = {
    id: 's1', name: 'shop', writeKey: 'key', enabled: true, config: {}, destinations: [], workspaceId: 'w1',
  };
  sdk.load('key', host, { ...options, getSourceConfig: () => ({ source }) });
  await Promise.all([
    cb => sdk.identify('u1', { plan: 'pro' }, cb),
    cb => sdk.track('Order Completed', { total: 1.50 }, cb),
    cb => sdk.page('Home', cb),
  ].map(send => new Promise(send)));
}

window.run = (client, host) =>
  clients[client](host).then(() => 'stored', error => 'error: ' + (error?.message ?? error));
