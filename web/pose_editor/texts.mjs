// The editor's words in the canvas' languages; English where a language has none.
const TEXTS = {
  en: {
    undo: 'Undo', redo: 'Redo', mirror: 'Mirror left and right', human: 'Make human: pull the body towards what human bodies do',
    resetJoint: 'Reset the selected joint', resetAll: 'Reset the pose to its start', limits: 'Keep joints within human limits',
    library: 'Poses', libraryTip: 'Pose library', search: 'Search poses', lens: 'Picture camera: moving the view moves the camera output. Off: look around freely',
    auto: 'Best view: let the camera find the side that shows the pose best', left: 'Left hand', right: 'Right hand',
    asStart: 'as before', hint: 'Click a joint, drag a ring. View: drag, wheel, Shift-drag.',
    runOnce: 'Run once to see the connected pose here.', noWebGL: 'This browser has no WebGL: the 3D view is off. The saved pose still runs.',
    unreadable: 'Saved edit not readable', degrees: 'degrees', autoView: 'best view', free: 'free view',
  },
  zh: {
    undo: '撤销', redo: '重做', mirror: '左右镜像', human: '人体化：把姿势拉向人体会做的动作', resetJoint: '重置所选关节',
    resetAll: '重置为起始姿势', limits: '关节保持在人体范围内', library: '姿势', libraryTip: '姿势库', search: '搜索姿势',
    lens: '画面相机：转动视图即移动输出相机。关闭：自由查看', auto: '最佳视角：自动选择最能展示姿势的一侧', left: '左手', right: '右手',
    asStart: '不变', hint: '点击关节，拖动圆环。视图：拖动、滚轮、Shift 拖动。', runOnce: '运行一次即可在此看到连接的姿势。',
    noWebGL: '此浏览器没有 WebGL：3D 视图不可用。已保存的姿势仍可运行。', unreadable: '保存的编辑无法读取', degrees: '度', autoView: '最佳视角', free: '自由视角',
  },
  ja: {
    undo: '元に戻す', redo: 'やり直す', mirror: '左右反転', human: '人間らしく：体を人の動きに近づける', resetJoint: '選択した関節をリセット',
    resetAll: '開始ポーズに戻す', limits: '関節を人の可動域に保つ', library: 'ポーズ', libraryTip: 'ポーズライブラリ', search: 'ポーズを検索',
    lens: '画像カメラ：ビューを動かすと出力カメラも動く。オフ：自由に見回す', auto: '最良の視点：ポーズが最もよく見える側を自動で選ぶ', left: '左手', right: '右手',
    asStart: 'そのまま', hint: '関節をクリック、リングをドラッグ。視点：ドラッグ、ホイール、Shift。',
    runOnce: '一度実行すると接続されたポーズが表示されます。', noWebGL: 'このブラウザーには WebGL がなく 3D ビューは使えません。保存されたポーズは実行できます。',
    unreadable: '保存された編集を読めません', degrees: '度', autoView: '最良の視点', free: '自由視点',
  },
  fr: {
    undo: 'Annuler', redo: 'Rétablir', mirror: 'Échanger gauche et droite', human: 'Rendre humain : rapprocher le corps de ce que font les corps humains',
    resetJoint: 'Réinitialiser l’articulation choisie', resetAll: 'Revenir à la pose de départ', limits: 'Garder les articulations dans les limites humaines',
    library: 'Poses', libraryTip: 'Bibliothèque de poses', search: 'Chercher une pose', lens: 'Caméra de l’image : bouger la vue bouge la caméra en sortie. Désactivé : regarder librement',
    auto: 'Meilleure vue : le côté qui montre le mieux la pose', left: 'Main gauche', right: 'Main droite', asStart: 'inchangée',
    hint: 'Articulation : clic, puis anneau. Vue : tirer, molette, Maj-tirer.',
    runOnce: 'Exécutez une fois pour voir ici la pose connectée.', noWebGL: 'Ce navigateur n’a pas WebGL : la vue 3D est coupée. La pose enregistrée fonctionne toujours.',
    unreadable: 'Édition enregistrée illisible', degrees: 'degrés', autoView: 'meilleure vue', free: 'vue libre',
  },
  es: {
    undo: 'Deshacer', redo: 'Rehacer', mirror: 'Intercambiar izquierda y derecha', human: 'Hacer humano: acercar el cuerpo a lo que hacen los cuerpos humanos',
    resetJoint: 'Restablecer la articulación elegida', resetAll: 'Volver a la pose inicial', limits: 'Mantener las articulaciones en límites humanos',
    library: 'Poses', libraryTip: 'Biblioteca de poses', search: 'Buscar poses', lens: 'Cámara de la imagen: mover la vista mueve la cámara de salida. Apagado: mirar libremente',
    auto: 'Mejor vista: el lado que mejor muestra la pose', left: 'Mano izquierda', right: 'Mano derecha', asStart: 'igual',
    hint: 'Articulación: clic y anillo. Vista: arrastrar, rueda, Mayús-arrastrar.',
    runOnce: 'Ejecuta una vez para ver aquí la pose conectada.', noWebGL: 'Este navegador no tiene WebGL: la vista 3D está apagada. La pose guardada sigue funcionando.',
    unreadable: 'La edición guardada no se puede leer', degrees: 'grados', autoView: 'mejor vista', free: 'vista libre',
  },
}

/** key -> words in a language such as "en" or "zh-TW". */
export const textsFor = (language) => ({ ...TEXTS.en, ...TEXTS[String(language ?? 'en').slice(0, 2)] })
