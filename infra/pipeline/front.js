// What every CloudFront location answers by itself, so that these requests cross no ocean:
// preflights, and the monitors' GET and HEAD of /. Everything else goes to a region. front.go
// puts a line before this file: const settings, with the answers that the API would give.

function handler(event) {
    const request = event.request;
    if (request.method === 'OPTIONS') {
        return preflight(request) || request;
    }
    if (request.uri === '/' && request.method === 'GET') {
        return answer(200, 'OK', headersFor(request), settings.body);
    }
    if (request.uri === '/' && request.method === 'HEAD') {
        return answer(200, 'OK', headersFor(request));
    }
    return request;
}

// preflight has no answer for a path where the API has none.
function preflight(request) {
    const own = settings.methods[request.uri];
    const methods = own === undefined ? settings.otherMethods : own;
    if (!methods) {
        return undefined;
    }
    const headers = headersFor(request);
    headers['access-control-allow-methods'] = { value: methods };
    headers['access-control-allow-headers'] = { value: sent(request, 'access-control-request-headers') || settings.known };
    headers['access-control-max-age'] = { value: settings.maxAge };
    return answer(204, 'No Content', headers);
}

// headersFor also lets the page that asks read the answer, if it is one of settings.pages.
function headersFor(request) {
    const headers = {};
    for (const name in settings.headers) {
        headers[name] = { value: settings.headers[name] };
    }
    const origin = sent(request, 'origin');
    if (origin && (settings.everyPage || settings.pages.indexOf(origin) >= 0)) {
        headers['access-control-allow-origin'] = { value: origin };
        headers['access-control-allow-credentials'] = { value: 'true' };
    }
    return headers;
}

function sent(request, name) {
    const header = request.headers[name];
    return header ? header.value : '';
}

function answer(status, says, headers, body) {
    const response = { statusCode: status, statusDescription: says, headers: headers };
    if (body) {
        response.body = { encoding: 'text', data: body };
    }
    return response;
}
