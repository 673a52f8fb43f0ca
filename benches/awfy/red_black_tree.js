"use strict";
// An ordered map as a red-black tree; keys have a method `compareTo`. See red_black_tree.fl.

class Node {
    constructor(key, value, parent) {
        this.key = key;
        this.value = value;
        this.parent = parent;
        this.left = null;
        this.right = null;
        this.red = false;
    }

    successor() {
        if (this.right !== null) return this.right.minimum();
        let child = this;
        let parent = child.parent;
        while (parent !== null && parent.left !== child) {
            child = parent;
            parent = child.parent;
        }
        return parent;
    }

    minimum() {
        let node = this;
        while (node.left !== null) node = node.left;
        return node;
    }
}

function isRed(node) {
    return node !== null && node.red;
}

class RedBlackTree {
    constructor() {
        this.root = null;
    }

    put(key, value) {
        let parent = null;
        let at = this.root;
        let order = 0;
        while (at !== null) {
            order = key.compareTo(at.key);
            if (order === 0) {
                const old = at.value;
                at.value = value;
                return old;
            }
            parent = at;
            at = order < 0 ? at.left : at.right;
        }
        const added = new Node(key, value, parent);
        if (parent === null) this.root = added;
        else if (order < 0) parent.left = added;
        else parent.right = added;
        this.balanceAdded(added);
        return null;
    }

    get(key) {
        const node = this.find(key);
        return node === null ? null : node.value;
    }

    has(key) {
        return this.find(key) !== null;
    }

    remove(key) {
        const node = this.find(key);
        if (node === null) return null;
        const leaving = node.left !== null && node.right !== null ? node.successor() : node;
        const value = node.value;
        const child = leaving.left ?? leaving.right;
        const parent = leaving.parent;
        if (child !== null) child.parent = parent;
        this.replaceChild(parent, leaving, child);
        if (leaving !== node) {
            node.key = leaving.key;
            node.value = leaving.value;
        }
        if (!leaving.red) this.balanceRemoved(child, parent);
        return value;
    }

    forEach(visit) {
        for (let node = this.root === null ? null : this.root.minimum(); node !== null; node = node.successor()) {
            visit(node.key, node.value);
        }
    }

    find(key) {
        let at = this.root;
        while (at !== null) {
            const order = key.compareTo(at.key);
            if (order === 0) return at;
            at = order < 0 ? at.left : at.right;
        }
        return null;
    }

    replaceChild(parent, old, replacement) {
        if (parent === null) this.root = replacement;
        else if (parent.left === old) parent.left = replacement;
        else parent.right = replacement;
    }

    rotateLeft(node) {
        const up = node.right;
        const between = up.left;
        node.right = between;
        if (between !== null) between.parent = node;
        up.parent = node.parent;
        this.replaceChild(node.parent, node, up);
        up.left = node;
        node.parent = up;
    }

    rotateRight(node) {
        const up = node.left;
        const between = up.right;
        node.left = between;
        if (between !== null) between.parent = node;
        up.parent = node.parent;
        this.replaceChild(node.parent, node, up);
        up.right = node;
        node.parent = up;
    }

    balanceAdded(added) {
        added.red = true;
        let node = added;
        while (isRed(node.parent)) {
            const parent = node.parent;
            const grandparent = parent.parent;
            const onLeft = parent === grandparent.left;
            const uncle = onLeft ? grandparent.right : grandparent.left;
            if (isRed(uncle)) {
                parent.red = false;
                uncle.red = false;
                grandparent.red = true;
                node = grandparent;
            } else if (onLeft) {
                if (node === parent.right) { this.rotateLeft(parent); node = parent; }
                node.parent.red = false;
                grandparent.red = true;
                this.rotateRight(grandparent);
            } else {
                if (node === parent.left) { this.rotateRight(parent); node = parent; }
                node.parent.red = false;
                grandparent.red = true;
                this.rotateLeft(grandparent);
            }
        }
        this.root.red = false;
    }

    balanceRemoved(child, itsParent) {
        let node = child;
        let parent = itsParent;
        while (parent !== null && !isRed(node)) {
            if (node === parent.left) {
                let sibling = parent.right;
                if (sibling.red) {
                    sibling.red = false;
                    parent.red = true;
                    this.rotateLeft(parent);
                    sibling = parent.right;
                }
                if (!isRed(sibling.left) && !isRed(sibling.right)) {
                    sibling.red = true;
                    node = parent;
                    parent = node.parent;
                    continue;
                }
                if (!isRed(sibling.right)) {
                    sibling.left.red = false;
                    sibling.red = true;
                    this.rotateRight(sibling);
                    sibling = parent.right;
                }
                sibling.red = parent.red;
                parent.red = false;
                sibling.right.red = false;
                this.rotateLeft(parent);
            } else {
                let sibling = parent.left;
                if (sibling.red) {
                    sibling.red = false;
                    parent.red = true;
                    this.rotateRight(parent);
                    sibling = parent.left;
                }
                if (!isRed(sibling.left) && !isRed(sibling.right)) {
                    sibling.red = true;
                    node = parent;
                    parent = node.parent;
                    continue;
                }
                if (!isRed(sibling.left)) {
                    sibling.right.red = false;
                    sibling.red = true;
                    this.rotateLeft(sibling);
                    sibling = parent.left;
                }
                sibling.red = parent.red;
                parent.red = false;
                sibling.left.red = false;
                this.rotateRight(parent);
            }
            node = this.root;
            break;
        }
        if (node !== null) node.red = false;
    }
}

module.exports = { RedBlackTree };
