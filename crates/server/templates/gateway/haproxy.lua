-- The check of nightlatch for HAProxy, as `nightlatch gateway haproxy --lua` prints it.

local check = "http://{{ on.nightlatch }}{{ on.prefix }}/auth/forward"
-- No answer within so many milliseconds is none. HAProxy asks up to four times before that is a denial.
local answers_within = 500

-- What the check is told of a request; nothing else of what a client sends.
local told = {
    "accept", "access-control-request-method", "authorization", "cookie", "nightlatch-activity", "origin", "purpose", "referer",
    "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site", "sec-fetch-user", "sec-purpose", "service-worker", "upgrade", "x-moz",
    "x-purpose",
}

-- What the application is told.
local identity = {
    "nightlatch-subject", "nightlatch-session", "nightlatch-application", "nightlatch-authenticated-at",
    "nightlatch-authentication-methods", "nightlatch-idle-remaining", "nightlatch-absolute-remaining", "nightlatch-phase",
}

-- What is of one connection alone, or is set anew.
local dropped = {
    ["connection"] = true, ["content-length"] = true, ["keep-alive"] = true, ["transfer-encoding"] = true, ["date"] = true,
}

local unavailable = [[{% include "gateway/unavailable.html" %}]]

-- What the application gets of the headers that may name a session.
local function hand_on(txn, name, values)
    txn.http:req_del_header(name)
    for _, value in pairs(values or {}) do
        if value ~= "" then
            txn.http:req_add_header(name, value)
        end
    end
end

local function refuse(txn, method, status, headers, body)
    local reply = txn:reply()
    reply:set_status(status)
    for name, values in pairs(headers) do
        if not dropped[name:lower()] then
            for _, value in pairs(values) do
                reply:add_header(name, value)
            end
        end
    end
    if method ~= "HEAD" then
        reply:set_body(body)
    end
    txn:done(reply)
end

-- Whoever is still sending looks for no answer, and is reset where the connection is closed. Nightlatch takes what is left, and
-- answers the same behind that.
local function sends_body(sent)
    local length = sent["content-length"]
    return sent["transfer-encoding"] ~= nil or length ~= nil and length[0] ~= "0"
end

core.register_action("nightlatch", { "http-req" }, function(txn)
    local sent = txn.http:req_get_headers()
    local method = txn.f:method()
    local headers = {
        ["x-forwarded-method"] = { method },
        ["x-forwarded-host"] = { txn.f:req_fhdr("host") },
        ["x-forwarded-uri"] = { txn.f:pathq() },
        -- Whether a body follows: a preflight has none.
        ["x-forwarded-body"] = { (txn.f:req_fhdr("content-length") or "") .. ";" .. (txn.f:req_fhdr("transfer-encoding") or "") },
    }
    for _, name in ipairs(told) do
        local values = {}
        for _, value in pairs(sent[name] or {}) do
            values[#values + 1] = value
        end
        if #values > 0 then
            headers[name] = values
        end
    end
    local answer = core.httpclient():get { url = check, headers = headers, timeout = answers_within }
    local told_by = answer and answer.headers or {}
    if answer and answer.status == 200 and told_by["nightlatch-phase"] then
        for _, name in ipairs(identity) do
            txn.http:req_set_header(name, told_by[name] and told_by[name][0] or "")
        end
        hand_on(txn, "cookie", told_by["cookie"])
        hand_on(txn, "authorization", told_by["authorization"])
    elseif answer and told_by["nightlatch-reason"] and sends_body(sent) then
        txn:set_var("txn.nightlatch_refused", true)
    elseif answer and told_by["nightlatch-reason"] then
        refuse(txn, method, answer.status, told_by, answer.body or "")
    else
        -- Nothing came, or something that is not of nightlatch.
        refuse(txn, method, 503, {
            ["content-type"] = { "text/html; charset=utf-8" },
            ["cache-control"] = { "no-store" },
            ["retry-after"] = { "1" },
        }, unavailable)
    end
end)
