"use strict";
// A parser by hand, as in json.fl, not JSON.parse: the same work for both.
const { run, Random } = require("./harness.js");

class Members {
    constructor() {
        this.names = [];
        this.values = [];
        this.table = new Uint8Array(32);
    }

    add(name, value) {
        if (this.names.length < 255) this.table[slot(name)] = this.names.length + 1;
        this.names.push(name);
        this.values.push(value);
    }

    get(name) {
        const guess = this.table[slot(name)];
        if (guess !== 0 && this.names[guess - 1] === name) return this.values[guess - 1];
        const at = this.names.lastIndexOf(name);
        return at < 0 ? null : this.values[at];
    }
}

function slot(name) {
    let hash = 0;
    for (let i = 0; i < name.length; i++) hash = (hash * 31 + name.charCodeAt(i)) | 0;
    return hash & 31;
}

class Num {
    constructor(text) {
        this.text = text;
    }
}

function isDigit(c) {
    return c >= "0" && c <= "9";
}

class Parser {
    constructor(text) {
        this.text = text;
        this.at = 0;
    }

    document() {
        this.skipSpace();
        const value = this.value();
        this.skipSpace();
        if (this.at < this.text.length) this.fail("the end");
        return value;
    }

    peek() {
        return this.at < this.text.length ? this.text[this.at] : "\0";
    }

    value() {
        const c = this.peek();
        switch (c) {
            case "{": return this.object();
            case "[": return this.list();
            case '"': return this.string();
            case "t": this.word("true"); return true;
            case "f": this.word("false"); return false;
            case "n": this.word("null"); return null;
            default:
                if (c === "-" || isDigit(c)) return new Num(this.number());
                return this.fail("a value");
        }
    }

    list() {
        const items = [];
        this.at++;
        this.skipSpace();
        if (this.take("]")) return items;
        for (;;) {
            this.skipSpace();
            items.push(this.value());
            this.skipSpace();
            if (this.take("]")) return items;
            this.expect(",");
        }
    }

    object() {
        const members = new Members();
        this.at++;
        this.skipSpace();
        if (this.take("}")) return members;
        for (;;) {
            this.skipSpace();
            if (this.peek() !== '"') this.fail("a name");
            const name = this.string();
            this.skipSpace();
            this.expect(":");
            this.skipSpace();
            members.add(name, this.value());
            this.skipSpace();
            if (this.take("}")) return members;
            this.expect(",");
        }
    }

    string() {
        this.at++;
        let start = this.at;
        let text = "";
        for (;;) {
            const c = this.peek();
            if (c === '"') {
                text += this.text.substring(start, this.at);
                this.at++;
                return text;
            } else if (c === "\\") {
                text += this.text.substring(start, this.at);
                this.at++;
                text += this.escape();
                start = this.at;
            } else if (c < " ") {
                this.fail("a character of a string");
            } else {
                this.at++;
            }
        }
    }

    escape() {
        const c = this.peek();
        this.at++;
        switch (c) {
            case '"': case "/": case "\\": return c;
            case "b": return "\b";
            case "f": return "\f";
            case "n": return "\n";
            case "r": return "\r";
            case "t": return "\t";
            case "u": {
                let code = 0;
                for (let i = 0; i < 4; i++) {
                    const digit = parseInt(this.peek(), 16);
                    if (Number.isNaN(digit)) this.fail("a hexadecimal digit");
                    code = code * 16 + digit;
                    this.at++;
                }
                return String.fromCharCode(code);
            }
            default: return this.fail("an escape");
        }
    }

    number() {
        const start = this.at;
        this.take("-");
        if (!this.take("0")) this.digits();
        if (this.take(".")) this.digits();
        if (this.take("e") || this.take("E")) {
            if (!this.take("+")) this.take("-");
            this.digits();
        }
        return this.text.substring(start, this.at);
    }

    digits() {
        if (!isDigit(this.peek())) this.fail("a digit");
        while (isDigit(this.peek())) this.at++;
    }

    word(word) {
        for (const c of word) this.expect(c);
    }

    take(c) {
        if (this.peek() !== c) return false;
        this.at++;
        return true;
    }

    expect(c) {
        if (!this.take(c)) this.fail(`'${c}'`);
    }

    skipSpace() {
        for (;;) {
            const c = this.peek();
            if (c !== " " && c !== "\t" && c !== "\n" && c !== "\r") return;
            this.at++;
        }
    }

    fail(wanted) {
        throw new Error(`${wanted} is expected at character ${this.at}`);
    }
}

function makeDocument() {
    const random = new Random();
    const operations = [];
    for (let i = 0; i < 156; i++) {
        const widget = `"w${random.next() % 200 + 1}"`;
        switch (i % 6) {
            case 0:
                operations.push(`["create",${widget},"rwt.widgets.Composite",{"parent":"w${i % 7 + 1}","style":["NONE","NO_RADIO_GROUP"],"bounds":[0,${i * 3},${random.next() % 1200},${random.next() % 800}],"children":null,"tabIndex":-1}]`);
                break;
            case 1:
                operations.push(`["set",${widget},{"bounds":[${i},22,80,18],"text":"Caf\\u00e9 \\"${i}\\" \\/ entry","customVariant":"variant_navigation","mnemonicIndex":null}]`);
                break;
            case 2:
                operations.push(`["create",${widget},"rwt.widgets.Label",{"parent":"w2","style":["WRAP"],"tabIndex":-1,"foreground":[${i},66,${255 - i},255],"font":[["Verdana","Lucida Sans","Arial","Helvetica","sans-serif"],${i % 9 + 10},false,${i % 2 === 0}],"text":"Some words\\nfor a label, number ${i}"}]`);
                break;
            case 3:
                operations.push(`["listen",${widget},{"Selection":true,"DefaultSelection":false,"Help":${i % 3 === 0}}]`);
                break;
            case 4:
                operations.push(`["call",${widget},"update",{"scale":${i}.${random.next() % 1000},"factor":-1.5e${i % 20},"rows":[[${i},1,2],[3,4,5],[]]}]`);
                break;
            default:
                operations.push(`["destroy",${widget}]`);
        }
    }
    return `{"head":{"requestCounter":4,"cursor":"default"},"operations":[${operations.join(",")}]}`;
}

const text = makeDocument();
run("json", () => {
    const members = new Parser(text).document();
    if (!(members.get("head") instanceof Members)) throw new Error("no head");
    return members.get("operations").length;
});
